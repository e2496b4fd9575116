import { AnswerBody } from "@/answers/AnswerBody";
import { Conflicts } from "@/answers/Conflicts";
import { draftOf } from "@/answers/draft";
import { Refusal } from "@/answers/Refusal";
import { Sources } from "@/answers/Sources";
import type { Answer } from "@/api/types";
import styles from "@/talks/Transcript.module.css";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

/** Questions and answers one after the other, each as it was shown when it was given. */
export function Transcript({ answers, mine }: { answers: Answer[]; mine: boolean }) {
  return (
    <ol className={styles.turns}>
      {answers.map((answer) => (
        <li key={answer.id} className={styles.turn}>
          <h2 className={styles.question}>{answer.question}</h2>
          <p className={styles.when}>{dayAndTime(answer.created_at)}</p>
          <Turn answer={answer} mine={mine} />
        </li>
      ))}
    </ol>
  );
}

function Turn({ answer, mine }: { answer: Answer; mine: boolean }) {
  if (answer.kind === "refused") return <Refusal answer={answer} mine={mine} />;
  const draft = draftOf(answer);
  const dropped = answer.dropped_sentences;
  return (
    <>
      <AnswerBody draft={draft} />
      {dropped > 0 && <p className={styles.when}>{texts.answer.dropped(dropped)}</p>}
      <Conflicts conflicts={answer.conflicts} />
      <Sources sentences={draft.sentences} />
    </>
  );
}
