import { ActionIcon, SegmentedControl, Tooltip } from "@mantine/core";
import { IconArrowUp, IconPlayerStopFilled, IconSearch } from "@tabler/icons-react";
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type SyntheticEvent } from "react";

import { useLocation } from "wouter";

import { useAsking } from "@/answers/asking";
import { CollectionPicker } from "@/answers/CollectionPicker";
import styles from "@/answers/Composer.module.css";
import { isRunning } from "@/answers/draft";
import { addressOf, NOTHING } from "@/search/wanted";
import { texts } from "@/texts";

const MAX_HEIGHT = 220;

interface Props {
  large?: boolean;
  /** The conversation a further question belongs to. */
  conversation?: string | null;
  autoFocus?: boolean;
}

function useGrowing(value: string) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, MAX_HEIGHT)}px`;
  }, [value]);
  return field;
}

type Mode = "ask" | "search";

export function Composer({ large = false, autoFocus = false, conversation = null }: Props) {
  const { draft, ask, stop } = useAsking();
  const [question, setQuestion] = useState("");
  const [collections, setCollections] = useState<string[]>(draft?.collections ?? []);
  const field = useGrowing(question);
  const [mode, setMode] = useState<Mode>("ask");
  const [, go] = useLocation();
  const running = mode === "ask" && draft !== null && isRunning(draft);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const words = question.trim();
    if (!words || running) return;
    if (mode === "search") {
      go(addressOf({ ...NOTHING, question: words, collections }));
      return;
    }
    setQuestion("");
    ask(words, collections, conversation);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  return (
    <form className={styles.composer} data-large={large || undefined} onSubmit={submit}>
      <textarea
        ref={field}
        className={styles.field}
        rows={large ? 2 : 1}
        placeholder={large ? texts.ask.placeholder : texts.ask.again}
        aria-label={texts.ask.placeholder}
        title={texts.ask.shortcut}
        autoFocus={autoFocus}
        maxLength={4000}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <div className={styles.bar}>
        <div className={styles.choices}>
          {large && <ModeChoice mode={mode} onChange={setMode} />}
          <CollectionPicker chosen={collections} onChange={setCollections} />
        </div>
        {running ? (
          <Tooltip label={texts.ask.stop}>
            <ActionIcon size={36} radius="xl" color="dark" variant="filled" aria-label={texts.ask.stop} onClick={stop}>
              <IconPlayerStopFilled size={16} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <ActionIcon type="submit" size={36} radius="xl" aria-label={mode === "ask" ? texts.ask.send : texts.search.submit} disabled={!question.trim()}>
            {mode === "ask" ? <IconArrowUp size={19} stroke={2.2} /> : <IconSearch size={18} stroke={2.2} />}
          </ActionIcon>
        )}
      </div>
    </form>
  );
}

/** One box for both: an answer by the model, or the passages themselves at once. */
function ModeChoice({ mode, onChange }: { mode: Mode; onChange: (mode: Mode) => void }) {
  return (
    <SegmentedControl
      size="xs"
      radius="xl"
      aria-label={texts.finding.modes}
      value={mode}
      onChange={onChange}
      data={[
        { value: "ask", label: texts.finding.askMode },
        { value: "search", label: texts.finding.searchMode },
      ]}
    />
  );
}
