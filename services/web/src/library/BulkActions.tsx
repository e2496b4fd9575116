import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { listBulkJobs, setBulkPriority, steerBulk } from "@/api/oversightCalls";
import type { Bulk, Job } from "@/api/types";
import { BULKS } from "@/library/BulksPage";
import styles from "@/library/Bulks.module.css";
import { hasEnded } from "@/library/jobs";
import { stageWords } from "@/library/stages";
import { Confirm } from "@/shell/Confirm";
import { Loading } from "@/shell/Loading";
import { Notice } from "@/shell/Notice";
import page from "@/shell/Page.module.css";
import { Scroll } from "@/shell/Scroll";
import { texts } from "@/texts";

const words = texts.over.bulks;
const LOOK_AGAIN_MS = 5_000;
const SOONER = 10;
type How = Parameters<typeof steerBulk>[1];

/** What may be done with a bulk, and its files. */
export function BulkActions({ bulk }: { bulk: Bulk }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [open, setOpen] = useState(false);
  const onSuccess = () => client.invalidateQueries({ queryKey: BULKS });
  const steering = useMutation({ mutationFn: (how: How) => steerBulk(bulk.id, how), onSuccess });
  const urgency = useMutation({ mutationFn: (priority: number) => setBulkPriority(bulk.id, priority), onSuccess });
  const { counts } = bulk;
  const isOpen = bulk.cancelled_at === null && counts.waiting + counts.running + counts.paused > 0;
  const problem = steering.error ?? urgency.error;
  const button = (how: How, label: string) => (
    <Button size="xs" variant="default" loading={steering.isPending && steering.variables === how} onClick={() => steering.mutate(how)}>
      {label}
    </Button>
  );
  return (
    <>
      <div className={styles.actions}>
        {isOpen && !bulk.paused && button("pause", words.pause)}
        {bulk.paused && bulk.cancelled_at === null && button("resume", words.resume)}
        {counts.failed + counts.quarantined > 0 && button("retry", words.retry)}
        {isOpen && (
          <Button size="xs" variant="default" onClick={() => setAsking(true)}>
            {words.cancel}
          </Button>
        )}
        <Button size="xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? words.hide : words.jobs}
        </Button>
        {isOpen && <Urgency priority={bulk.priority} onChange={(priority) => urgency.mutate(priority)} />}
      </div>
      {problem && !asking && <Notice problem={problem} />}
      {open && <Jobs id={bulk.id} />}
      {asking && (
        <Confirm
          title={words.cancelTitle}
          lead={words.cancelLead}
          action={words.cancel}
          pending={steering.isPending}
          error={steering.error}
          onConfirm={() => steering.mutate("cancel", { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function Urgency({ priority, onChange }: { priority: number; onChange: (priority: number) => void }) {
  return (
    <NativeSelect
      size="xs"
      aria-label={words.priority}
      data={[
        { value: String(SOONER), label: words.priorities.sooner },
        { value: "0", label: words.priorities.usual },
        { value: String(-SOONER), label: words.priorities.later },
      ]}
      value={String(Math.sign(priority) * SOONER)}
      onChange={(event) => onChange(Number(event.currentTarget.value))}
    />
  );
}

function Jobs({ id }: { id: string }) {
  const found = useQuery({ queryKey: [...BULKS, id, "jobs"], queryFn: () => listBulkJobs(id), refetchInterval: LOOK_AGAIN_MS });
  if (found.isPending) return <Loading />;
  if (found.isError) return <Notice problem={found.error} />;
  return (
    <Scroll label={words.jobs}>
      <tbody>
        {found.data.items.map((job) => (
          <tr key={job.id} data-testid="bulk-job">
            <td className={page.strong}>
              {job.document_id ? <Link href={`/documents/${job.document_id}`}>{job.document_name}</Link> : job.document_name}
            </td>
            <td>
              {standing(job)}
              {job.error && <p className={page.muted}>{job.error.reason}</p>}
            </td>
            <td>{job.position !== null && job.position > 0 && words.position(job.position)}</td>
          </tr>
        ))}
      </tbody>
    </Scroll>
  );
}

function standing(job: Job): string {
  if (hasEnded(job)) return words.states[job.state] ?? job.state;
  return job.paused ? (words.states.paused ?? "") : stageWords(job);
}
