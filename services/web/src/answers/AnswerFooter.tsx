import { Button } from "@mantine/core";
import { IconCheck, IconCopy, IconMarkdown, IconRefresh, IconRepeat, IconShare2 } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";

import type { Answer } from "@/api/types";
import styles from "@/answers/AnswerFooter.module.css";
import { asText, copyText } from "@/answers/copying";
import type { Draft } from "@/answers/draft";
import { asMarkdown, fileNameOf, saveFile } from "@/answers/exporting";
import { Feedback } from "@/answers/Feedback";
import { texts } from "@/texts";

const ReplayPanel = lazy(() => import("@/answers/Replay"));
const ShareDialog = lazy(() => import("@/talks/ShareDialog").then((module) => ({ default: module.ShareDialog })));
const SHORT = 12;

interface Props {
  draft: Draft;
  onRetry: () => void;
}

export function AnswerFooter({ draft, onRetry }: Props) {
  const [sharing, setSharing] = useState(false);
  const [replaying, setReplaying] = useState(false);
  const ended = draft.answer !== null && draft.phase === "done";
  return (
    <>
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
          {ended && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              leftSection={<IconShare2 size={15} />}
              onClick={() => setSharing(true)}
            >
              {texts.asking.share.open}
            </Button>
          )}
          {draft.phase !== "failed" && (
            <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconRefresh size={15} />} onClick={onRetry}>
              {texts.answer.retry}
            </Button>
          )}
        </div>
        {draft.answer && <Release answer={draft.answer} />}
        {ended && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-expanded={replaying}
            leftSection={<IconRepeat size={14} />}
            onClick={() => setReplaying(!replaying)}
          >
            {texts.asking.replay.title}
          </Button>
        )}
      </footer>
      <Suspense fallback={null}>
        {replaying && draft.answer && <ReplayPanel key={draft.answer.id} answer={draft.answer} />}
        {sharing && <ShareDialog answer={draft.id} conversation={draft.conversation} onClose={() => setSharing(false)} />}
      </Suspense>
    </>
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
