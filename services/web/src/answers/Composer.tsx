import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowUp, IconPlayerStopFilled } from "@tabler/icons-react";
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type SyntheticEvent } from "react";

import { useAsking } from "@/answers/asking";
import { CollectionPicker } from "@/answers/CollectionPicker";
import styles from "@/answers/Composer.module.css";
import { isRunning } from "@/answers/draft";
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

export function Composer({ large = false, autoFocus = false, conversation = null }: Props) {
  const { draft, ask, stop } = useAsking();
  const [question, setQuestion] = useState("");
  const [collections, setCollections] = useState<string[]>(draft?.collections ?? []);
  const field = useGrowing(question);
  const running = draft !== null && isRunning(draft);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const words = question.trim();
    if (!words || running) return;
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
        <CollectionPicker chosen={collections} onChange={setCollections} />
        {running ? (
          <Tooltip label={texts.ask.stop}>
            <ActionIcon size={36} radius="xl" color="dark" variant="filled" aria-label={texts.ask.stop} onClick={stop}>
              <IconPlayerStopFilled size={16} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <ActionIcon type="submit" size={36} radius="xl" aria-label={texts.ask.send} disabled={!question.trim()}>
            <IconArrowUp size={19} stroke={2.2} />
          </ActionIcon>
        )}
      </div>
    </form>
  );
}
