import { Button, Checkbox } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { listEvaluations } from "@/api/oversightCalls";
import type { Evaluation } from "@/api/oversightTypes";
import { shown } from "@/oversight/measures";
import styles from "@/oversight/Oversight.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.over.evaluations;
const TOLD = ["answer_right", "page_exact", "wrong_refusals", "total_s"];

export default function EvaluationsPage() {
  const found = useInfiniteQuery({
    queryKey: ["evaluations"],
    queryFn: ({ pageParam }) => listEvaluations(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
  });
  const runs = found.data?.pages.flatMap((one) => one.items) ?? [];
  return (
    <AdminFrame lead={words.lead}>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && runs.length === 0 && <EmptyState title={words.none} lead={words.noneLead} />}
      {runs.length > 0 && <Runs runs={runs} />}
      {found.hasNextPage && (
        <Button variant="default" onClick={() => void found.fetchNextPage()}>
          {texts.more}
        </Button>
      )}
    </AdminFrame>
  );
}

function Runs({ runs }: { runs: Evaluation[] }) {
  const [chosen, setChosen] = useState<string[]>([]);
  const [, go] = useLocation();
  const toggle = (id: string): void =>
    setChosen((now) => (now.includes(id) ? now.filter((one) => one !== id) : [...now, id].slice(-2)));
  const compare = (): void => {
    const [first = "", second = ""] = runs.map(({ id }) => id).filter((id) => chosen.includes(id)).reverse();
    go(`/admin/evaluations/${first}/${second}`);
  };
  return (
    <>
      <div className={page.actions}>
        <Button disabled={chosen.length !== 2} onClick={compare}>
          {words.compare}
        </Button>
        {chosen.length !== 2 && <span className={page.muted}>{words.chooseHint}</span>}
      </div>
      <Scroll label={texts.over.nav.evaluations}>
        <thead>
          <tr>
            <th scope="col">{words.choose}</th>
            <th scope="col">{words.label}</th>
            <th scope="col">{words.when}</th>
            <th scope="col" data-number>
              {words.questions}
            </th>
            {TOLD.map((name) => (
              <th key={name} scope="col" data-number>
                {words.measures[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Run key={run.id} run={run} chosen={chosen.includes(run.id)} onToggle={() => toggle(run.id)} />
          ))}
        </tbody>
      </Scroll>
    </>
  );
}

export const runName = (run: Evaluation): string => run.label || run.set_name;

function Run({ run, chosen, onToggle }: { run: Evaluation; chosen: boolean; onToggle: () => void }) {
  const questions = Math.max(0, ...Object.values(run.totals).map((one) => one.questions));
  return (
    <tr data-testid="evaluation">
      <td>
        <Checkbox aria-label={`${words.choose}: ${runName(run)}, ${dayAndTime(run.kept_at)}`} checked={chosen} onChange={onToggle} />
      </td>
      <td className={page.strong}>
        <Link href={`/admin/evaluations/${run.id}`}>{runName(run)}</Link>
        <p className={page.muted}>{run.release_ids.map((one) => one.slice(0, 12)).join(", ")}</p>
      </td>
      <td className={styles.when}>{dayAndTime(run.begun_at)}</td>
      <td data-number>{questions}</td>
      {TOLD.map((name) => (
        <td key={name} data-number>
          {shown(name, run.totals[name]?.value ?? null)}
        </td>
      ))}
    </tr>
  );
}
