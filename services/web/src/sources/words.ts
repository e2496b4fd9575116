import type { SourceRun } from "@/api/types";
import { texts } from "@/texts";

export const SOURCES = ["sources"] as const;

const EVERY: Record<number, string> = {
  0: texts.docs.sources.never,
  3600: texts.docs.sources.hourly,
  86400: texts.docs.sources.daily,
  604800: texts.docs.sources.weekly,
};

export const everyWords = (seconds: number): string => EVERY[seconds] ?? texts.docs.sources.seconds(seconds);
export const EVERY_CHOICES = Object.entries(EVERY).map(([value, label]) => ({ value, label }));
export const kindWords = (kind: string): string => texts.docs.sources.kinds[kind] ?? kind;
export const runWords = (run: SourceRun): string => texts.docs.sources.states[run.state] ?? run.state;
export const isRunning = (run: SourceRun | null | undefined): boolean =>
  run?.state === "waiting" || run?.state === "running";

export function toneOf(run: SourceRun): string {
  if (run.state === "done") return "good";
  return isRunning(run) ? "busy" : "bad";
}
