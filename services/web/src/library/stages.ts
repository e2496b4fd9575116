import type { Job, JobStage } from "@/api/types";
import { texts } from "@/texts";

/** Share of the bar at which a stage begins; embedding is most of the work. */
const BEGINS: Record<JobStage, [number, number]> = {
  parse: [0, 15],
  chunk: [15, 20],
  embed: [20, 90],
  index: [90, 97],
  publish: [97, 100],
};

/** Where the bar stands, 0 to 100, from the stage and its own count. */
export function stageShare(job: Job): number {
  if (job.stage === "") return 0;
  const [from, to] = BEGINS[job.stage];
  return from + (job.total > 0 ? Math.min(1, job.done / job.total) * (to - from) : 0);
}

export function stageWords(job: Job): string {
  if (job.state === "waiting" || job.stage === "") return texts.library.states.waiting;
  const words = texts.library.stages[job.stage];
  return job.total > 1 ? `${words} ${job.done} / ${job.total}` : words;
}
