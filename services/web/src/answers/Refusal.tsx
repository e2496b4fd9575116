import { IconCircleDashed } from "@tabler/icons-react";

import type { Answer } from "@/api/types";
import styles from "@/answers/Refusal.module.css";
import { PassageList } from "@/reader/PassageList";
import { texts } from "@/texts";

/** An honest no, with the nearest things there are. */
export function Refusal({ answer }: { answer: Answer }) {
  return (
    <>
      <section className={styles.card} aria-label={texts.answer.refusedTitle} data-kind="refused">
        <IconCircleDashed size={22} stroke={1.7} aria-hidden />
        <div>
          <h2>{texts.answer.refusedTitle}</h2>
          <p>{texts.answer.refusedLead}</p>
          <p className={styles.help}>{texts.answer.refusedHelp}</p>
        </div>
      </section>
      {answer.nearest.length > 0 && (
        <section aria-label={texts.answer.nearest}>
          <h2 className={styles.nearest}>{texts.answer.nearest}</h2>
          <PassageList passages={answer.nearest} question={answer.question} />
        </section>
      )}
    </>
  );
}
