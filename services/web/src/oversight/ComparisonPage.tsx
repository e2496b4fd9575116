import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { AdminFrame } from "@/admin/AdminFrame";
import { compareEvaluations } from "@/api/oversightCalls";
import type { Comparison, Difference } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { runName } from "@/oversight/EvaluationsPage";
import { Fact } from "@/oversight/Fact";
import { shown, titleOf } from "@/oversight/measures";
import styles from "@/oversight/Oversight.module.css";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.over.evaluations;
const TONES: Record<string, string | undefined> = { better: styles.better, worse: styles.worse };

/** Two runs beside each other: every measure with the interval of its difference. */
export default function ComparisonPage({ first, second }: { first: string; second: string }) {
  const found = useQuery({ queryKey: ["evaluations", first, second], queryFn: () => compareEvaluations(first, second) });
  return (
    <AdminFrame lead={words.lead}>
      <Link href="/admin/evaluations" className={page.link}>
        {words.back}
      </Link>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} />}
      {found.data && <Shown comparison={found.data} />}
    </AdminFrame>
  );
}

function Shown({ comparison }: { comparison: Comparison }) {
  const shares = comparison.differences.filter((one) => one.unit === "share");
  return (
    <>
      <section className={page.panel}>
        <dl className={page.facts}>
          {([[words.first, comparison.first], [words.second, comparison.second]] as const).map(([name, run]) => (
            <Fact key={name} name={name}>
              {runName(run)}, {dayAndTime(run.begun_at)} <code>{run.release_ids.map((one) => one.slice(0, 12)).join(", ")}</code>
            </Fact>
          ))}
        </dl>
        <p className={page.muted}>{words.common(comparison.pairs)}</p>
        {!comparison.is_whole && <p className={styles.worse}>{words.notWhole}</p>}
      </section>
      {shares.length > 0 && (
        <Chart
          title={words.measure}
          kind="lines"
          labels={shares.map((one) => titleOf(one.name))}
          short={shares.map((one) => one.name)}
          format={(value) => `${Math.round(value * 100)} %`}
          series={[
            { name: words.first, tone: 2, values: shares.map((one) => one.first) },
            { name: words.second, tone: 1, values: shares.map((one) => one.second) },
          ]}
        />
      )}
      <Differences rows={comparison.differences} />
    </>
  );
}

function Differences({ rows }: { rows: Difference[] }) {
  return (
    <Scroll label={words.gain}>
      <thead>
        <tr>
          <th scope="col">{words.measure}</th>
          {[words.first, words.second, words.gain, words.interval, words.pairs].map((name) => (
            <th key={name} scope="col" data-number>
              {name}
            </th>
          ))}
          <th scope="col">{words.said}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.name} data-testid="difference">
            <td>{titleOf(one.name)}</td>
            <td data-number>{shown(one.name, one.first)}</td>
            <td data-number>{shown(one.name, one.second)}</td>
            <td data-number>{shown(one.name, one.gain, true)}</td>
            <td data-number>
              {shown(one.name, one.low, true)} … {shown(one.name, one.high, true)}
            </td>
            <td data-number>{one.pairs}</td>
            <td className={TONES[one.said]}>{words.verdicts[one.said] ?? one.said}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}
