import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ChangeEvent, type SyntheticEvent } from "react";

import { AdminFrame } from "@/admin/AdminFrame";
import { readActivity, reckonCosts } from "@/api/oversightCalls";
import type { Activity, Cost, CostAsked } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { Tile } from "@/oversight/Fact";
import styles from "@/oversight/Oversight.module.css";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { locale, texts } from "@/texts";

const words = texts.over.cost;
const DAYS = 7;
const STEPS = 12;
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const money = (value: number): string => new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 }).format(value);

type Fields = Record<keyof CostAsked, string>;
const USUAL: Fields = {
  answers_per_month: "10000",
  prompt_tokens: "1500",
  answer_tokens: "200",
  card_per_hour: "1",
  hours_per_month: "730",
  tokens_per_s: "1000",
  api_per_million_in: "0.5",
  api_per_million_out: "1.5",
};

/** A card of one's own beside an API's price, for as many answers as were asked for. */
export default function CostPage() {
  const found = useQuery({ queryKey: ["activity", DAYS * 24], queryFn: () => readActivity(DAYS * 24) });
  return (
    <AdminFrame lead={words.lead}>
      {found.isPending && <Loading />}
      {found.isError && <Notice problem={found.error} />}
      {found.data && <Reckoning first={{ ...USUAL, ...measured(found.data) }} />}
    </AdminFrame>
  );
}

/** Volume as it was in the last days, where anything was asked. */
function measured({ hours }: Activity): Partial<Fields> {
  const answered = hours.reduce((sum, one) => sum + one.answered, 0);
  if (answered === 0) return {};
  const each = (of: (hour: Activity["hours"][number]) => number): string =>
    String(Math.max(1, Math.round(hours.reduce((sum, one) => sum + of(one), 0) / answered)));
  return {
    answers_per_month: String(Math.max(1, Math.round((answered / DAYS) * 30))),
    prompt_tokens: each((one) => one.prompt_tokens),
    answer_tokens: each((one) => one.completion_tokens),
  };
}

const GROUPS: [string, [keyof Fields, string][]][] = [
  [
    words.volume,
    [
      ["answers_per_month", words.answers],
      ["prompt_tokens", words.promptTokens],
      ["answer_tokens", words.answerTokens],
    ],
  ],
  [
    words.card,
    [
      ["card_per_hour", words.cardHour],
      ["hours_per_month", words.hours],
      ["tokens_per_s", words.tokensPerS],
    ],
  ],
  [
    words.api,
    [
      ["api_per_million_in", words.apiIn],
      ["api_per_million_out", words.apiOut],
    ],
  ],
];

const asNumbers = (fields: Fields): CostAsked =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Number(value)])) as unknown as CostAsked;

function Reckoning({ first }: { first: Fields }) {
  const [fields, setFields] = useState(first);
  const reckoning = useMutation({ mutationFn: reckonCosts });
  const set = (name: keyof Fields) => (event: ChangeEvent<HTMLInputElement>) =>
    setFields({ ...fields, [name]: event.currentTarget.value });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    reckoning.mutate(asNumbers(fields));
  };
  return (
    <>
      <form className={`${page.panel ?? ""} ${page.form ?? ""}`} onSubmit={submit}>
        {GROUPS.map(([title, inside]) => (
          <fieldset key={title} className={styles.group}>
            <legend>{title}</legend>
            <div className={styles.fields}>
              {inside.map(([name, label]) => (
                <TextInput key={name} type="number" step="any" min={0} required withAsterisk={false} label={label} value={fields[name]} onChange={set(name)} />
              ))}
            </div>
          </fieldset>
        ))}
        <p className={page.muted}>{words.measured(DAYS)}</p>
        <div className={page.actions}>
          <Button type="submit" loading={reckoning.isPending}>
            {words.reckon}
          </Button>
        </div>
      </form>
      {reckoning.isError && <Notice problem={reckoning.error} />}
      {reckoning.data && <Reckoned cost={reckoning.data} asked={reckoning.variables} />}
    </>
  );
}

function Reckoned({ cost, asked }: { cost: Cost; asked: CostAsked }) {
  return (
    <section className={styles.section} data-testid="cost">
      <dl className={page.tiles}>
        <Tile name={`${words.cardName}: ${words.perMonth}`} value={money(cost.card_per_month)} />
        <Tile name={`${words.apiName}: ${words.perMonth}`} value={money(cost.api_per_month)} />
        <Tile name={`${words.cardName}: ${words.perAnswer}`} value={money(cost.card_per_answer)} />
        <Tile name={`${words.apiName}: ${words.perAnswer}`} value={money(cost.api_per_answer)} />
        <Tile name={words.capacity} value={numbers.format(cost.capacity)} />
      </dl>
      <p role="status">
        {cost.enough ? words.enough : words.notEnough}{" "}
        {cost.cheaper_from === null ? words.neverCheaper : words.cheaperFrom(numbers.format(cost.cheaper_from))}
      </p>
      <Curve cost={cost} asked={asked} />
    </section>
  );
}

function Curve({ cost, asked }: { cost: Cost; asked: CostAsked }) {
  const most = Math.max(asked.answers_per_month, cost.cheaper_from ?? 0) * 1.5;
  const places = Array.from({ length: STEPS + 1 }, (_, n) => Math.round((most / STEPS) * n));
  return (
    <Chart
      title={words.curve}
      kind="lines"
      labels={places.map((one) => numbers.format(one))}
      format={money}
      series={[
        { name: words.cardName, tone: 1, values: places.map(() => cost.card_per_month) },
        { name: words.apiName, tone: 2, values: places.map((one) => one * cost.api_per_answer) },
      ]}
    />
  );
}
