import { Button } from "@mantine/core";
import { IconCheck, IconCopy, IconMarkdown, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";

import type { Answer } from "@/api/types";
import styles from "@/answers/AnswerFooter.module.css";
import { asText, copyText } from "@/answers/copying";
import type { Draft } from "@/answers/draft";
import { asMarkdown, fileNameOf, saveFile } from "@/answers/exporting";
import { Feedback } from "@/answers/Feedback";
import { texts } from "@/texts";

const SHORT = 12;

interface Props {
  draft: Draft;
  onRetry: () => void;
}

export function AnswerFooter({ draft, onRetry }: Props) {
  return (
    <footer className={styles.footer}>
      <div className={styles.actions}>
        {draft.sentences.length > 0 && <CopyButton draft={draft} />}
        {draft.sentences.length > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconMarkdown size={16} />}
            onClick={() => saveFile(fileNameOf(draft.question), asMarkdown(draft))}
          >
            {texts.finding.markdown}
          </Button>
        )}
        {draft.answer && draft.phase === "done" && <Feedback answer={draft.answer} />}
        {draft.phase !== "failed" && (
          <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconRefresh size={15} />} onClick={onRetry}>
            {texts.answer.retry}
          </Button>
        )}
      </div>
      {draft.answer && <Release answer={draft.answer} />}
    </footer>
  );
}

function CopyButton({ draft }: { draft: Draft }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(asText(draft)));
    window.setTimeout(() => setCopied(false), 1800);
  };
  const Symbol = copied ? IconCheck : IconCopy;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      leftSection={<Symbol size={15} />}
      onClick={() => void copy()}
    >
      {copied ? texts.copied : texts.answer.copy}
    </Button>
  );
}

/** Quietly, what made this answer: it can be made again with it. */
function Release({ answer }: { answer: Answer }) {
  const total = answer.timings.total;
  return (
    <p className={styles.release}>
      {answer.release_id && (
        <>
          {texts.answer.release}{" "}
          <code title={`${answer.release_id}\n${texts.answer.releaseHint}`} data-testid="release">
            {answer.release_id.replace(/^sha256:/, "").slice(0, SHORT)}
          </code>
        </>
      )}
      {answer.model && <span>{answer.model}</span>}
      {total !== undefined && <span>{texts.seconds(total)}</span>}
    </p>
  );
}
