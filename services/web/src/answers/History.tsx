import { UnstyledButton } from "@mantine/core";
import { IconCircleDashed, IconHelpCircle, IconQuote } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";

import { listAnswers } from "@/api/calls";
import type { Answer } from "@/api/types";
import { ANSWERS } from "@/answers/asking";
import styles from "@/answers/History.module.css";
import { texts } from "@/texts";
import { ageOf, type Age } from "@/texts/dates";

const AGES: Age[] = ["today", "week", "earlier"];

export function History({ onGo }: { onGo?: (() => void) | undefined }) {
  const found = useInfiniteQuery({
    queryKey: [...ANSWERS, "mine"],
    queryFn: ({ pageParam }) => listAnswers(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const answers = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={styles.history} aria-label={texts.history.title}>
      {found.isSuccess && answers.length === 0 && <p className={styles.empty}>{texts.history.empty}</p>}
      {AGES.map((age) => (
        <Group key={age} age={age} answers={answers.filter((one) => ageOf(one.created_at) === age)} onGo={onGo} />
      ))}
      {found.hasNextPage && (
        <UnstyledButton className={styles.more} onClick={() => void found.fetchNextPage()}>
          {texts.more}
        </UnstyledButton>
      )}
    </section>
  );
}

function Group({ age, answers, onGo }: { age: Age; answers: Answer[]; onGo?: (() => void) | undefined }) {
  const [path] = useLocation();
  if (answers.length === 0) return null;
  return (
    <div>
      <h2 className={styles.age}>{texts.history[age]}</h2>
      <ul className={styles.list}>
        {answers.map((answer) => (
          <li key={answer.id}>
            <Link
              href={`/answers/${answer.id}`}
              className={styles.entry}
              aria-current={path === `/answers/${answer.id}` ? "page" : undefined}
              title={answer.question}
              onClick={onGo}
            >
              <span className={styles.words}>{answer.question}</span>
              <Kind kind={answer.kind} />
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Kind({ kind }: { kind: Answer["kind"] }) {
  if (kind === "generated") return null;
  const Symbol = kind === "quoted" ? IconQuote : kind === "clarify" ? IconHelpCircle : IconCircleDashed;
  return <Symbol size={14} stroke={1.7} className={styles.kind} role="img" aria-label={texts.history.kinds[kind]} />;
}
