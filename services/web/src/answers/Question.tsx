import { ActionIcon, Button, Textarea, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useEffect, useRef, useState, type KeyboardEvent, type SyntheticEvent } from "react";

import styles from "@/answers/Question.module.css";
import { texts } from "@/texts";

const LONGEST = 4000;

interface Props {
  question: string;
  /** While an answer is being written there is nothing to change. */
  running: boolean;
  onAsk: (question: string) => void;
}

/** The question as the page's heading; changed, it is asked anew in the same conversation. */
export function Question({ question, running, onAsk }: Props) {
  const [editing, setEditing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [question]);
  if (editing && !running) return <Editing question={question} onAsk={onAsk} onClose={() => setEditing(false)} />;
  return (
    <div className={styles.row}>
      <h1 ref={heading} className={styles.question}>
        {question}
      </h1>
      {!running && (
        <Tooltip label={texts.asking.edit}>
          <ActionIcon variant="subtle" color="gray" aria-label={texts.asking.edit} onClick={() => setEditing(true)}>
            <IconPencil size={17} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

function Editing({ question, onAsk, onClose }: { question: string; onAsk: (question: string) => void; onClose: () => void }) {
  const [words, setWords] = useState(question);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!words.trim()) return;
    onClose();
    onAsk(words.trim());
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
    if (event.key === "Escape") {
      event.preventDefault();
      onClose();
    }
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Textarea
        autosize
        autoFocus
        minRows={2}
        maxRows={10}
        maxLength={LONGEST}
        size="md"
        aria-label={texts.asking.editLabel}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <div className={styles.actions}>
        <Button size="compact-sm" variant="default" onClick={onClose}>
          {texts.cancel}
        </Button>
        <Button size="compact-sm" type="submit" disabled={!words.trim()}>
          {texts.asking.resend}
        </Button>
      </div>
    </form>
  );
}
