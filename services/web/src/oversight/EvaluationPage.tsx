import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { readEvaluation } from "@/api/oversightCalls";
import type { EvaluationWhole } from "@/api/oversightTypes";
import { runName } from "@/oversight/EvaluationsPage";
import { Fact } from "@/oversight/Fact";
import { shown, titleOf } from "@/oversight/measures";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.over.evaluations;

/** One run: what it came to, and its questions with their faults. */
export default function EvaluationPage({ id }: { id: string }) {
  const found = useQuery({ queryKey: ["evaluations", id], queryFn: () => readEvaluation(id) });
  return (
    <AdminFrame lead={found.data ? `${runName(found.data)}, ${dayAndTime(found.data.begun_at)}` : words.lead}>
      <Link href="/admin/evaluations" className={page.link}>
        {words.back}
      </Link>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} />}
      {found.data && (
        <>
          <Totals run={found.data} />
          <Questions asked={found.data.asked} />
        </>
      )}
    </AdminFrame>
  );
}

function Totals({ run }: { run: EvaluationWhole }) {
  return (
    <section className={page.panel}>
      <h2>{words.totals}</h2>
      <dl className={page.facts}>
        <Fact name={words.set}>
          {run.set_name} <code>{run.set_digest.slice(0, 12)}</code>
        </Fact>
        <Fact name={words.release}>
          <code>{run.release_ids.map((one) => one.slice(0, 12)).join(", ") || "–"}</code>
        </Fact>
        {Object.entries(run.totals).map(([name, total]) => (
          <Fact key={name} name={titleOf(name)}>
            <strong>{shown(name, total.value)}</strong> ({total.questions})
          </Fact>
        ))}
      </dl>
    </section>
  );
}

function Questions({ asked }: { asked: EvaluationWhole["asked"] }) {
  const [faulty, setFaulty] = useState(false);
  const rows = asked.filter((one) => !faulty || one.faults.length > 0);
  return (
    <section className={page.form}>
      <div className={page.actions}>
        <h2 className={page.subtitle}>{words.asked}</h2>
        <Checkbox label={words.onlyFaults} checked={faulty} onChange={(event) => setFaulty(event.currentTarget.checked)} />
      </div>
      {rows.length === 0 && <p className={page.lead}>{words.noFaults}</p>}
      {rows.length > 0 && (
        <Scroll label={words.asked}>
          <thead>
            <tr>
              <th scope="col">{words.question}</th>
              <th scope="col">{words.answer}</th>
              <th scope="col">{words.faults}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.id} data-testid="asked">
                <td className={page.strong}>{one.withheld ? one.id : one.question}</td>
                <td>
                  <span className={page.muted}>{words.kinds[one.kind] ?? one.kind}</span>
                  <p>{one.withheld ? words.withheld : one.text}</p>
                </td>
                <td>{one.faults.join("; ") || "–"}</td>
              </tr>
            ))}
          </tbody>
        </Scroll>
      )}
    </section>
  );
}
