import { IconCircleDashed } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { whomToAsk } from "@/api/askingCalls";
import type { Answer } from "@/api/types";
import styles from "@/answers/Refusal.module.css";
import { PassageList } from "@/reader/PassageList";
import { texts } from "@/texts";

/** Who looks after what the question came near to; quiet where nobody is named. */
function WhomToAsk({ answer }: { answer: string }) {
  const found = useQuery({ queryKey: ["whom-to-ask", answer], queryFn: () => whomToAsk(answer), staleTime: 60_000 });
  const keepers = found.data ?? [];
  if (keepers.length === 0) return null;
  return (
    <div className={styles.whom} data-testid="whom-to-ask">
      <h3>{texts.asking.whom.title}</h3>
      <ul>
        {keepers.map((one) => (
          <li key={one.collection}>
            {texts.asking.whom.lead(one.collection)} <strong>{one.groups.join(", ")}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** An honest no, with the nearest things there are. */
export function Refusal({ answer, mine = true }: { answer: Answer; mine?: boolean }) {
  return (
    <>
      <section className={styles.card} aria-label={texts.answer.refusedTitle} data-kind="refused">
        <IconCircleDashed size={22} stroke={1.7} aria-hidden />
        <div>
          <h2>{texts.answer.refusedTitle}</h2>
          <p>{texts.answer.refusedLead}</p>
          <p className={styles.help}>{texts.answer.refusedHelp}</p>
          {mine && <WhomToAsk answer={answer.id} />}
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
