import { jobEvents, readJob } from "@/api/calls";
import { readEvents } from "@/api/events";
import type { Job } from "@/api/types";
import { Lanes } from "@/library/lanes";

/** A browser opens six connections to a host at most: two may follow jobs, the rest is for the person. */
const streams = new Lanes(2);
const PAUSE_MS = 2_000;

const ENDED = new Set(["done", "failed", "quarantined", "cancelled"]);
export const hasEnded = (job: Job): boolean => ENDED.has(job.state);

/** All who look at one job share one stream. */
interface Watched {
  shows: Set<(job: Job) => void>;
  last: Job | null;
  stop: AbortController;
}

const watched = new Map<string, Watched>();

function tell(job: Job): void {
  const entry = watched.get(job.id);
  if (!entry) return;
  entry.last = job;
  entry.shows.forEach((show) => show(job));
}

async function follow(id: string, signal: AbortSignal): Promise<void> {
  const response = await jobEvents(id, signal);
  if (!response.body) return;
  for await (const event of readEvents(response.body)) {
    if (event.event === "job") tell(JSON.parse(event.data) as Job);
  }
  const last = watched.get(id)?.last;
  if (!last || !hasEnded(last)) tell(await readJob(id));
}

function start(id: string, signal: AbortSignal): void {
  streams.add(async () => {
    if (signal.aborted) return;
    await follow(id, signal).catch(() => undefined);
    const last = watched.get(id)?.last;
    // A lost connection is no news about the job: ask again a little later.
    if (!last || !hasEnded(last)) window.setTimeout(() => start(id, signal), PAUSE_MS);
  });
}

/** Shows every step of a job until it ends; the returned function stops watching. */
export function watchJob(id: string, show: (job: Job) => void): () => void {
  let entry = watched.get(id);
  if (!entry) {
    entry = { shows: new Set(), last: null, stop: new AbortController() };
    watched.set(id, entry);
    start(id, entry.stop.signal);
  }
  const own = entry;
  own.shows.add(show);
  if (own.last) show(own.last);
  return () => {
    own.shows.delete(show);
    if (own.shows.size > 0) return;
    own.stop.abort();
    if (watched.get(id) === own) watched.delete(id);
  };
}
