import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { AdminFrame } from "@/admin/AdminFrame";
import { checkDrift, listChecks, readDrift, recordCanaries } from "@/api/oversightCalls";
import type { DriftCheck, DriftState } from "@/api/oversightTypes";
import { Chart } from "@/charts/Chart";
import { Fact } from "@/oversight/Fact";
import styles from "@/oversight/Oversight.module.css";
import { EmptyState } from "@/shell/EmptyState";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const words = texts.over.drift;
const DRIFT = ["drift"];
const LEVELS = ["exact", "within_tolerance", "drifted"];
const TONES: Record<string, string> = { exact: "good", drifted: "bad" };

export default function DriftPage() {
  const state = useQuery({ queryKey: [...DRIFT, "state"], queryFn: readDrift });
  const checks = useQuery({ queryKey: [...DRIFT, "checks"], queryFn: listChecks });
  const problem = state.error ?? checks.error;
  return (
    <AdminFrame lead={words.lead}>
      {problem && <Notice problem={problem} />}
      {!problem && !(state.data && checks.data) && <Loading />}
      {state.data && checks.data && (
        <>
          <Now state={state.data} />
          {checks.data.items.length > 0 ? <History checks={checks.data.items} /> : <EmptyState title={words.none} lead={words.noneLead} />}
        </>
      )}
    </AdminFrame>
  );
}

function Now({ state }: { state: DriftState }) {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: DRIFT });
  const recording = useMutation({ mutationFn: recordCanaries, onSuccess });
  const checking = useMutation({ mutationFn: checkDrift, onSuccess });
  const problem = recording.error ?? checking.error;
  const busy = recording.isPending || checking.isPending;
  return (
    <section className={`${page.panel ?? ""} ${page.form ?? ""}`}>
      <h2>{words.now}</h2>
      <dl className={page.facts}>
        <Fact name={texts.over.evaluations.release}>
          <code>{state.release_id.slice(0, 16)}</code>
        </Fact>
        <Fact name={words.recorded}>{state.recorded_at ? dayAndTime(state.recorded_at) : words.never}</Fact>
        <Fact name={words.newest}>{state.newest ? <State check={state.newest} /> : "–"}</Fact>
        <Fact name={words.next}>{state.next_at ? dayAndTime(state.next_at) : words.unscheduled}</Fact>
        <Fact name={words.answering}>{state.is_answering ? words.yes : words.stopped}</Fact>
      </dl>
      {problem && <Notice problem={problem} />}
      <div className={page.actions}>
        <Button disabled={busy || !state.recorded_at} loading={checking.isPending} onClick={() => checking.mutate()}>
          {words.check}
        </Button>
        <Button variant="default" disabled={busy} loading={recording.isPending} onClick={() => recording.mutate()}>
          {words.record}
        </Button>
      </div>
      <p className={page.muted} role="status">
        {busy ? words.working : words.recordLead}
      </p>
    </section>
  );
}

function State({ check }: { check: DriftCheck }) {
  return (
    <span className={page.pill} data-tone={TONES[check.state] ?? "busy"} data-testid="drift-state">
      {words.states[check.state] ?? check.state}
    </span>
  );
}

const partName = (part: string): string => words.partNames[part] ?? part;

function History({ checks }: { checks: DriftCheck[] }) {
  const before = [...checks].reverse();
  const when = before.map((one) => dayAndTime(one.checked_at));
  return (
    <section className={styles.section}>
      <Chart
        title={words.history}
        lead={words.level}
        kind="lines"
        labels={when}
        short={when.map((one) => one.split(",")[0] ?? one)}
        height={150}
        format={(level) => (Number.isInteger(level) ? String(level) : "")}
        series={[{ name: words.state, tone: 1, values: before.map((one) => LEVELS.indexOf(one.state)) }]}
      />
      <Scroll label={words.history}>
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.findings}</th>
            <th scope="col">{words.by}</th>
          </tr>
        </thead>
        <tbody>
          {checks.map((one) => (
            <tr key={one.id} data-testid="drift-check">
              <td className={styles.when}>{dayAndTime(one.checked_at)}</td>
              <td>
                <State check={one} />
              </td>
              <td>
                <Findings check={one} />
              </td>
              <td>{words.begun[one.begun_by] ?? one.begun_by}</td>
            </tr>
          ))}
        </tbody>
      </Scroll>
    </section>
  );
}

function Findings({ check }: { check: DriftCheck }) {
  const found = Object.entries(check.findings).filter(([, sentences]) => sentences.length > 0);
  if (found.length === 0) return "–";
  return (
    <ul className={styles.findings}>
      {found.map(([part, sentences]) => (
        <li key={part}>
          <strong>{partName(part)}</strong>: {sentences.join("; ")}
        </li>
      ))}
    </ul>
  );
}
