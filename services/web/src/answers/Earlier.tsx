import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { conversationQuery } from "@/answers/asking";
import styles from "@/answers/Earlier.module.css";
import { texts } from "@/texts";

interface Props {
  conversation: string;
  current: string | null;
}

/** What was asked before in this conversation: a further question may lean on it. */
export function Earlier({ conversation, current }: Props) {
  const found = useQuery(conversationQuery(conversation));
  const answers = found.data?.items ?? [];
  const here = answers.findIndex((one) => one.id === current);
  const before = here < 0 ? answers : answers.slice(0, here);
  if (before.length === 0) return null;
  return (
    <nav className={styles.earlier} aria-label={texts.answer.earlier}>
      <ol className={styles.list}>
        {before.map((one) => (
          <li key={one.id}>
            <Link href={`/answers/${one.id}`} className={styles.turn}>
              {one.question}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
