import { IconHelpCircle } from "@tabler/icons-react";

import type { Answer } from "@/api/types";
import styles from "@/answers/Clarify.module.css";
import { texts } from "@/texts";

/** Asked back: one button for each thing the question may mean. */
export function Clarify({ answer, onChoose }: { answer: Answer; onChoose: (question: string) => void }) {
  return (
    <section className={styles.card} aria-label={texts.answer.clarifyTitle} data-kind="clarify">
      <IconHelpCircle size={22} stroke={1.7} aria-hidden />
      <div>
        <h2>{texts.answer.clarifyTitle}</h2>
        <ul className={styles.options}>
          {answer.options.map((option) => (
            <li key={option.question}>
              <button type="button" className={styles.option} onClick={() => onChoose(option.question)}>
                {option.label}
                <span>{option.document_name}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
