import { IconArrowGuide } from "@tabler/icons-react";

import { useAsking } from "@/answers/asking";
import { AnswerFooter } from "@/answers/AnswerFooter";
import styles from "@/answers/AnswerView.module.css";
import { AnswerBody } from "@/answers/AnswerBody";
import { Conflicts } from "@/answers/Conflicts";
import { Earlier } from "@/answers/Earlier";
import { Clarify } from "@/answers/Clarify";
import { Composer } from "@/answers/Composer";
import { isRunning, type Draft } from "@/answers/draft";
import { Progress } from "@/answers/Progress";
import { Question } from "@/answers/Question";
import { Refusal } from "@/answers/Refusal";
import { Sources } from "@/answers/Sources";
import { PassageList } from "@/reader/PassageList";
import { WithoutModel } from "@/search/WithoutModel";
import { Notice } from "@/shell/Notice";
import { texts } from "@/texts";

/** One question and its answer, arriving or stored. */
export function AnswerView({ draft }: { draft: Draft }) {
  const { ask } = useAsking();
  const again = (): void => ask(draft.question, draft.collections, draft.conversation);
  const running = isRunning(draft);
  return (
    <div className={styles.view}>
      <article className={styles.answer} aria-busy={running}>
        {draft.conversation && <Earlier conversation={draft.conversation} current={draft.id} />}
        <Question
          key={draft.question}
          question={draft.question}
          running={running}
          onAsk={(question) => ask(question, draft.collections, draft.conversation)}
        />
        {draft.searchedAs && draft.searchedAs !== draft.question && (
          <p className={styles.searched}>
            <IconArrowGuide size={15} stroke={1.7} aria-hidden />
            {texts.answer.searchedAs} “{draft.searchedAs}”
          </p>
        )}
        <Outcome draft={draft} onChoose={(question) => ask(question, draft.collections, draft.conversation)} />
        {running && <Progress draft={draft} />}
        {draft.phase === "queued" && (
          <WithoutModel question={draft.question} collections={draft.collections} words={texts.finding.engineFull} />
        )}
        {draft.phase === "stopped" && <p className={styles.note}>{stoppedWords(draft)}</p>}
        {draft.phase === "failed" && <Failure draft={draft} onRetry={again} />}
        {!running && <AnswerFooter draft={draft} onRetry={again} />}
      </article>
      <div className={styles.dock}>
        <Composer conversation={draft.conversation} />
      </div>
    </div>
  );
}

/** The passages that were found stay useful without a model. */
function Failure({ draft, onRetry }: { draft: Draft; onRetry: () => void }) {
  const stored = { title: texts.answer.interrupted, status: 0, code: "interrupted" };
  const passages = draft.problem?.nearest ?? draft.answer?.nearest ?? draft.passages;
  return (
    <>
      <Notice title={texts.answer.failed} problem={draft.problem ?? stored} onRetry={onRetry} />
      {passages.length === 0 && draft.sentences.length === 0 && (
        <WithoutModel question={draft.question} collections={draft.collections} words={wordsFor(draft)} />
      )}
      {passages.length > 0 && draft.sentences.length === 0 && (
        <section aria-label={texts.answer.found}>
          <h2 className={styles.found}>{texts.answer.found}</h2>
          <PassageList passages={passages} question={draft.question} />
        </section>
      )}
    </>
  );
}

const wordsFor = (draft: Draft): string =>
  draft.problem?.code === "too_many_requests" ? texts.finding.engineFull : texts.finding.engineAway;

const stoppedWords = (draft: Draft): string =>
  draft.sentences.length > 0 ? texts.answer.stopped : texts.answer.stoppedEmpty;

function Outcome({ draft, onChoose }: { draft: Draft; onChoose: (question: string) => void }) {
  if (draft.answer?.kind === "refused" && draft.phase === "done") return <Refusal answer={draft.answer} />;
  if (draft.answer?.kind === "clarify") return <Clarify answer={draft.answer} onChoose={onChoose} />;
  const dropped = draft.answer?.dropped_sentences ?? 0;
  return (
    <>
      <AnswerBody draft={draft} />
      {dropped > 0 && <p className={styles.note}>{texts.answer.dropped(dropped)}</p>}
      <Conflicts conflicts={draft.answer?.conflicts ?? []} />
      <Sources sentences={draft.sentences} />
    </>
  );
}
