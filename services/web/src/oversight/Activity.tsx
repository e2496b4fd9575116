import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { readActivity } from "@/api/oversightCalls";
import type { Activity as Told, Hour } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { Tile } from "@/oversight/Fact";
import styles from "@/oversight/Oversight.module.css";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { texts } from "@/texts";
import { dayAndTime, shortDate } from "@/texts/dates";

const words = texts.over.activity;
const LOOK_AGAIN_MS = 30_000;
const DAY_HOURS = 24;

/** What was answered, hour by hour: of everybody together. */
export default function Activity() {
  const [hours, setHours] = useState(DAY_HOURS);
  const found = useQuery({
    queryKey: ["activity", hours],
    queryFn: () => readActivity(hours),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: (before) => before,
  });
  if (!found.data) return found.isError ? <Notice problem={found.error} /> : null;
  return (
    <section className={styles.section}>
      <div className={page.actions}>
        <h2 className={page.subtitle}>{words.title}</h2>
        <SegmentedControl
          aria-label={words.span}
          size="xs"
          data={[
            { value: String(DAY_HOURS), label: words.day },
            { value: String(7 * DAY_HOURS), label: words.week },
          ]}
          value={String(hours)}
          onChange={(value) => setHours(Number(value))}
        />
      </div>
      <p className={page.muted}>{words.lead}</p>
      <Numbers told={found.data} />
      <Charts hours={found.data.hours} />
    </section>
  );
}

const sum = (hours: Hour[], of: (hour: Hour) => number): number => hours.reduce((all, one) => all + of(one), 0);

function Numbers({ told }: { told: Told }) {
  const refused = sum(told.hours, (one) => one.refused);
  const all = refused + sum(told.hours, (one) => one.answered + one.failed);
  return (
    <dl className={page.tiles}>
      <Tile name={words.total} value={all} />
      <Tile name={words.refusedShare} value={all > 0 ? `${Math.round((refused / all) * 100)} %` : "–"} />
      <Tile name={`${words.now}, ${words.places(told.places)}`} value={told.running} />
      <Tile name={words.inLine} value={told.waiting} />
    </dl>
  );
}

function Charts({ hours }: { hours: Hour[] }) {
  const all = sum(hours, (one) => one.answered + one.refused + one.failed);
  if (all === 0) return <p className={page.lead}>{words.none}</p>;
  const labels = hours.map((one) => dayAndTime(one.at));
  const short = hours.map((one) => shortDate(one.at));
  return (
    <div className={styles.charts}>
      <Chart
        title={words.answers}
        kind="bars"
        labels={labels}
        short={short}
        series={[
          { name: words.answered, tone: 1, values: hours.map((one) => one.answered) },
          { name: words.refused, tone: 2, values: hours.map((one) => one.refused) },
          { name: words.failed, tone: 3, values: hours.map((one) => one.failed) },
        ]}
      />
      <Chart
        title={words.tokens}
        kind="bars"
        labels={labels}
        short={short}
        series={[
          { name: words.prompt, tone: 5, values: hours.map((one) => one.prompt_tokens) },
          { name: words.completion, tone: 1, values: hours.map((one) => one.completion_tokens) },
        ]}
      />
      <Chart
        title={words.speed}
        kind="lines"
        labels={labels}
        short={short}
        series={[{ name: words.tokensPerS, tone: 1, values: hours.map((one) => one.tokens_per_s) }]}
      />
      <Chart
        title={words.first}
        kind="lines"
        labels={labels}
        short={short}
        series={[{ name: words.firstName, tone: 4, values: hours.map((one) => (one.first_sentence_ms === null ? null : one.first_sentence_ms / 1000)) }]}
      />
    </div>
  );
}
