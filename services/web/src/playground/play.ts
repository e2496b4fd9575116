import type { ServerEvent } from "@/api/events";

export interface Likely {
  text: string;
  logprob: number;
}
export interface Token extends Likely {
  others: Likely[];
}
export interface Ended {
  finish_reason: string;
  prompt_tokens: number;
  completion_tokens: number;
  ttft_ms: number | null;
  total_ms: number;
  tokens_per_s: number | null;
}

export interface Play {
  phase: "waiting" | "running" | "done" | "stopped" | "failed";
  /** In line, before its turn. */
  position: number | null;
  text: string;
  tokens: Token[];
  /** Parts of the stream so far, for the speed while it runs, and when they came. */
  parts: number;
  began: number;
  first: number | null;
  last: number | null;
  end: Ended | null;
  problem: { title: string; code: string; status: number; detail?: string } | null;
}

export function newPlay(now: number): Play {
  return {
    phase: "waiting",
    position: null,
    text: "",
    tokens: [],
    parts: 0,
    began: now,
    first: null,
    last: null,
    end: null,
    problem: null,
  };
}

export const isRunning = (play: Play | null): boolean => play?.phase === "waiting" || play?.phase === "running";

/** The play after one event of the server. */
export function advance(play: Play, { event, data }: ServerEvent, now: number): Play {
  const body: unknown = JSON.parse(data);
  if (event === "waiting") return { ...play, position: (body as { position: number }).position };
  if (event === "tokens") return said(play, body as { text: string; tokens: Token[] }, now);
  if (event === "end") return { ...play, phase: "done", end: body as Ended };
  if (event === "problem") return { ...play, phase: "failed", problem: body as Play["problem"] };
  return play;
}

function said(play: Play, { text, tokens }: { text: string; tokens: Token[] }, now: number): Play {
  return {
    ...play,
    phase: "running",
    position: null,
    text: play.text + text,
    tokens: tokens.length > 0 ? [...play.tokens, ...tokens] : play.tokens,
    parts: play.parts + Math.max(1, tokens.length),
    first: play.first ?? now,
    last: now,
  };
}

export interface Speed {
  tokens: number;
  ttft_ms: number | null;
  tokens_per_s: number | null;
}

/** What the server measured once it has, until then what is seen here. */
export function speedOf(play: Play): Speed {
  if (play.end) {
    const { completion_tokens, ttft_ms, tokens_per_s } = play.end;
    return { tokens: completion_tokens, ttft_ms, tokens_per_s };
  }
  const seconds = play.first === null || play.last === null ? 0 : (play.last - play.first) / 1000;
  return {
    tokens: play.parts,
    ttft_ms: play.first === null ? null : play.first - play.began,
    tokens_per_s: seconds > 0 && play.parts > 1 ? (play.parts - 1) / seconds : null,
  };
}

const BOUNDS = [0.9, 0.6, 0.3, 0.1];

/** 0 for a token that was all but certain, 4 for one that hardly anything spoke for. */
export function levelOf(logprob: number): number {
  const probability = Math.exp(logprob);
  const found = BOUNDS.findIndex((bound) => probability >= bound);
  return found === -1 ? BOUNDS.length : found;
}

export function percent(logprob: number): string {
  const value = Math.exp(logprob) * 100;
  return value >= 10 ? `${value.toFixed(0)} %` : `${value.toPrecision(2)} %`;
}
