import { IconAlertCircle, IconQuote } from "@tabler/icons-react";
import { useCallback, useMemo, type ReactNode } from "react";

import type { Sentence } from "@/api/types";
import styles from "@/answers/AnswerBody.module.css";
import { Chip } from "@/answers/Chip";
import { citationsOf, type Draft } from "@/answers/draft";
import { composeMarkdown } from "@/answers/markers";
import { toProse, type DrawSentence } from "@/answers/prose";
import { texts } from "@/texts";

/** The last word apart from the others: the numbers after it stay on its line. */
function lastWordApart(words: ReactNode): [ReactNode, string] {
  const nodes = Array.isArray(words) ? (words as ReactNode[]) : [words];
  const last = nodes.at(-1);
  if (typeof last !== "string") return [words, ""];
  const cut = last.lastIndexOf(" ") + 1;
  return [[...nodes.slice(0, -1), last.slice(0, cut)], last.slice(cut)];
}

/** The answer's words: generated prose with chips, or a quotation that looks like one. */
export function AnswerBody({ draft }: { draft: Draft }) {
  const quoted = draft.answer?.kind === "quoted" || draft.sentences.some((one) => one.status === "quoted");
  if (draft.sentences.length === 0) return null;
  if (!quoted) {
    return (
      <>
        <div className={styles.prose} aria-live="polite">
          <Words sentences={draft.sentences} text={draft.answer?.text ?? ""} />
        </div>
        {draft.sentences.every((one) => one.status === "unchecked") && (
          <p className={styles.unchecked}>
            <IconAlertCircle size={16} stroke={1.7} aria-hidden />
            {texts.answer.unchecked}
          </p>
        )}
      </>
    );
  }
  return (
    <section className={styles.quote} aria-label={texts.answer.quotedTitle} data-kind="quoted">
      <header className={styles.quoteHead}>
        <IconQuote size={20} stroke={1.7} aria-hidden />
        <div>
          <h2>{texts.answer.quotedTitle}</h2>
          <p>{texts.answer.quotedLead}</p>
        </div>
      </header>
      <div className={styles.prose}>
        <Words sentences={draft.sentences} text={draft.answer?.text ?? ""} />
      </div>
    </section>
  );
}

function Words({ sentences, text }: { sentences: Sentence[]; text: string }) {
  const citations = useMemo(() => citationsOf(sentences), [sentences]);
  const draw: DrawSentence = useCallback(
    (index: number, words: ReactNode, key: string) => {
      const sentence = sentences.find((one) => one.index === index);
      const [before, last] = lastWordApart(words);
      return (
        <span key={key} className={styles.sentence} data-status={sentence?.status}>
          {before}
          <span className={styles.tail}>
            {last}
            {sentence?.status === "flagged" && <Flag />}
            {sentence?.citations.map((one) => <Chip key={one.number} citation={one} all={citations} />)}
          </span>
        </span>
      );
    },
    [sentences, citations],
  );
  return useMemo(() => toProse(composeMarkdown(sentences, text), draw), [sentences, text, draw]);
}

function Flag() {
  return (
    <span className={styles.flag} title={texts.answer.flagged}>
      <IconAlertCircle size={15} stroke={1.8} role="img" aria-label={texts.answer.flagged} />
    </span>
  );
}
