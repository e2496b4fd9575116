import styles from "@/answers/Progress.module.css";
import type { Draft } from "@/answers/draft";
import { texts } from "@/texts";

function words(draft: Draft): string {
  if (draft.phase === "queued") return texts.answer.queued(draft.position);
  if (draft.phase === "searching") return texts.answer.searching;
  if (draft.phase === "writing") return texts.answer.checking;
  const documents = new Set(draft.passages.map((passage) => passage.document_id));
  return texts.answer.reading(draft.passages.length, documents.size);
}

/** True steps only: what the server has said so far. */
export function Progress({ draft }: { draft: Draft }) {
  return (
    <div className={styles.progress} role="status">
      <span className={styles.words}>
        <span className={styles.dot} aria-hidden />
        {words(draft)}
      </span>
      {draft.sentences.length === 0 && (
        <span className={styles.lines} aria-hidden>
          <span />
          <span />
          <span />
        </span>
      )}
    </div>
  );
}
