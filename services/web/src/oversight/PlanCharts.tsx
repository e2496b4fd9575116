import type { Planned } from "@/api/types";
import { Chart, type Series } from "@/charts/Chart";
import styles from "@/oversight/Oversight.module.css";
import { texts } from "@/texts";

const words = texts.over.plan;
const GIB = 2 ** 30;
const gib = (value: number): string => `${value >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 1 : 0)} GiB`;
const TONES: Series["tone"][] = [1, 2, 3, 4, 5];
const MOST_LINES = 5;

/** Where the memory goes in each form, and how it grows with the batch and the length. */
export default function PlanCharts({ planned }: { planned: Planned }) {
  const limit = { value: planned.plan.usable / GIB, name: words.usable };
  return (
    <div className={styles.charts}>
      <Forms planned={planned} limit={limit} />
      <Curve planned={planned} limit={limit} />
    </div>
  );
}

interface Props {
  planned: Planned;
  limit: { value: number; name: string };
}

function Forms({ planned, limit }: Props) {
  const forms = planned.forms.filter((one) => !one.refusal);
  const names = texts.admin.model;
  const part = (name: string, tone: Series["tone"], of: (form: Planned["forms"][number]) => number): Series => ({
    name,
    tone,
    values: forms.map((one) => of(one) / GIB),
  });
  if (forms.length === 0) return null;
  return (
    <Chart
      title={words.memory}
      lead={words.memoryLead}
      kind="bars"
      labels={forms.map((one) => one.precision)}
      format={gib}
      limit={limit}
      series={[
        part(names.weights, 1, (one) => one.weights),
        part(names.kv, 2, (one) => one.kv_wanted),
        part(names.activations, 4, (one) => one.activations),
        part(names.overhead, 5, (one) => one.overhead),
      ]}
    />
  );
}

function Curve({ planned, limit }: Props) {
  const lengths = [...new Set(planned.curve.map((one) => one.context))].sort((a, b) => a - b);
  const batches = [...new Set(planned.curve.map((one) => one.batch))].sort((a, b) => b - a).slice(0, MOST_LINES);
  const at = (batch: number, context: number): number | null => {
    const found = planned.curve.find((one) => one.batch === batch && one.context === context);
    return found ? found.needed / GIB : null;
  };
  if (lengths.length === 0) return null;
  return (
    <Chart
      title={words.curve}
      lead={words.curveLead}
      kind="lines"
      labels={lengths.map(String)}
      format={gib}
      limit={limit}
      series={batches.map((batch, n) => ({
        name: words.atOnce(batch),
        tone: TONES[n] ?? 1,
        values: lengths.map((length) => at(batch, length)),
      }))}
    />
  );
}
