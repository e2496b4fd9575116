import { useQuery } from "@tanstack/react-query";

import { listJobs, readQueue } from "@/api/adminCalls";
import type { Job, Queue, Readiness } from "@/api/types";
import { AdminFrame } from "@/admin/AdminFrame";
import { IndexState } from "@/admin/IndexState";
import Activity from "@/oversight/Activity";
import { readinessQuery } from "@/answers/EngineDown";
import { hasEnded } from "@/library/jobs";
import { stageWords } from "@/library/stages";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";
import { dayAndTime } from "@/texts/dates";

const LOOK_AGAIN_MS = 5_000;
const words = texts.admin.overview;

export default function OverviewPage() {
  const ready = useQuery({ ...readinessQuery, refetchInterval: LOOK_AGAIN_MS });
  const queue = useQuery({ queryKey: ["queue"], queryFn: readQueue, refetchInterval: LOOK_AGAIN_MS });
  const jobs = useQuery({ queryKey: ["jobs"], queryFn: listJobs, refetchInterval: LOOK_AGAIN_MS });
  return (
    <AdminFrame lead={words.lead}>
      {ready.isPending && <Loading />}
      {ready.data && <Parts parts={ready.data.parts} />}
      <Activity />
      {queue.isError && <Notice problem={queue.error} />}
      {queue.data && <Waiting queue={queue.data} />}
      {jobs.data && jobs.data.items.length > 0 && <Jobs items={jobs.data.items} />}
      <IndexState />
    </AdminFrame>
  );
}

function Parts({ parts }: { parts: Readiness["parts"] }) {
  return (
    <section className={page.panel}>
      <h2>{words.parts}</h2>
      <dl className={page.facts}>
        {Object.entries(parts).map(([name, works]) => (
          <Part key={name} name={name} works={works} />
        ))}
      </dl>
    </section>
  );
}

function Part({ name, works }: { name: string; works: boolean }) {
  return (
    <>
      <dt>{words.names[name] ?? name}</dt>
      <dd data-testid="part" data-works={works}>
        <span className={page.pill} data-tone={works ? "good" : "bad"}>
          {works ? words.works : words.down}
        </span>
        {!works && <p>{words.help[name]}</p>}
      </dd>
    </>
  );
}

function Waiting({ queue }: { queue: Queue }) {
  const open = Object.entries(queue.everyones ?? queue.jobs);
  return (
    <>
      {!queue.is_worked && <p className={page.lead}>{words.nobody}</p>}
      <dl className={page.tiles}>
        <Tile name={words.workers} value={String(queue.workers)} />
        {open.map(([kind, count]) => (
          <Tile key={kind} name={kindWords(kind)} value={String(count)} />
        ))}
        {queue.oldest_waiting_at && <Tile name={words.waiting} value={dayAndTime(queue.oldest_waiting_at)} />}
      </dl>
    </>
  );
}

/** `ingest.waiting` and the like. */
function kindWords(kind: string): string {
  const [what = "", state = ""] = kind.split(".");
  return `${words.kinds(what)} · ${texts.docs.sources.states[state] ?? state}`;
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div className={page.tile}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Jobs({ items }: { items: Job[] }) {
  return (
    <section>
      <h2 className={page.subtitle}>{words.jobs}</h2>
      <Scroll label={words.jobs}>
        <thead>
          <tr>
            <th scope="col">{words.job}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.when}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((job) => (
            <tr key={job.id}>
              <td className={page.strong}>{job.document_name ?? words.kinds(job.kind)}</td>
              <td>
                {hasEnded(job) ? (texts.docs.sources.states[job.state] ?? job.state) : stageWords(job)}
                {job.error && <p className={page.muted}>{job.error.reason}</p>}
              </td>
              <td>{dayAndTime(job.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </Scroll>
    </section>
  );
}
