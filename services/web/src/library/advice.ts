import { texts } from "@/texts";

/** Refusals that say themselves what to do. */
const CLEAR = new Set(["corrupt", "password", "garbled", "limit"]);

/** What a person can do about a document that could not be read, where the reason leaves that open. */
export function adviceFor(code: string): string {
  return CLEAR.has(code) ? "" : (texts.docs.advice[code] ?? texts.docs.advice.other ?? "");
}
