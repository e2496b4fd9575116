import { locale } from "@/texts";

const DAY = 86_400_000;
const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

export type Age = "today" | "week" | "earlier";

function midnight(of: Date): number {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
}

export function ageOf(iso: string, now: Date = new Date()): Age {
  const start = midnight(now);
  const at = new Date(iso).getTime();
  if (at >= start) return "today";
  return at >= start - 6 * DAY ? "week" : "earlier";
}

/** The hour for today, the day for everything older. */
export function shortDate(iso: string): string {
  const at = new Date(iso);
  return midnight(at) === midnight(new Date()) ? time.format(at) : day.format(at);
}

const calendar = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

/** A day that comes without an hour: the same one everywhere. */
export function wholeDay(iso: string): string {
  return calendar.format(new Date(iso));
}

const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export function dayAndTime(iso: string): string {
  return whole.format(new Date(iso));
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
