import { ActionIcon, Button, Textarea, Tooltip } from "@mantine/core";
import { IconThumbDown, IconThumbDownFilled, IconThumbUp, IconThumbUpFilled } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { giveFeedback } from "@/api/calls";
import type { Answer } from "@/api/types";
import styles from "@/answers/Feedback.module.css";
import { texts } from "@/texts";

interface Opinion {
  isGood: boolean;
  correction: string;
}

/** A thumb, and after a thumb down what would have been right. */
export function Feedback({ answer }: { answer: Answer }) {
  const [given, setGiven] = useState<boolean | null>(null);
  const [asked, setAsked] = useState(false);
  const [words, setWords] = useState("");
  const send = useMutation({
    mutationFn: ({ isGood, correction }: Opinion) => giveFeedback(answer.id, isGood, correction),
    onSuccess: (_done, { isGood, correction }) => {
      setGiven(isGood);
      setAsked(!isGood && correction === "");
    },
  });
  const Up = given === true ? IconThumbUpFilled : IconThumbUp;
  const Down = given === false ? IconThumbDownFilled : IconThumbDown;
  return (
    <>
      <Thumb words={texts.feedback.good} on={given === true} onClick={() => send.mutate({ isGood: true, correction: "" })}>
        <Up size={16} />
      </Thumb>
      <Thumb words={texts.feedback.bad} on={given === false} onClick={() => send.mutate({ isGood: false, correction: "" })}>
        <Down size={16} />
      </Thumb>
      {send.isError && <span role="alert">{texts.feedback.failed}</span>}
      {asked && (
        <form
          className={styles.correction}
          onSubmit={(event) => {
            event.preventDefault();
            send.mutate({ isGood: false, correction: words.trim() });
          }}
        >
          <Textarea
            autosize
            minRows={1}
            maxRows={4}
            maxLength={4000}
            size="sm"
            aria-label={texts.feedback.correction}
            placeholder={texts.feedback.correction}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Button type="submit" size="compact-sm" disabled={!words.trim()} loading={send.isPending}>
            {texts.feedback.send}
          </Button>
        </form>
      )}
      {given === false && !asked && words && <span className={styles.thanks}>{texts.feedback.thanks}</span>}
    </>
  );
}

interface ThumbProps {
  words: string;
  on: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Thumb({ words, on, onClick, children }: ThumbProps) {
  return (
    <Tooltip label={words}>
      <ActionIcon variant="subtle" color="gray" aria-label={words} aria-pressed={on} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
