import type { SearchFilters } from "@/api/types";

/** What the search page is asked for; all of it stands in its address, so that a search can be passed on. */
export interface Wanted {
  question: string;
  collections: string[];
  kind: string;
  language: string;
  from: string;
  until: string;
}

export const NOTHING: Wanted = { question: "", collections: [], kind: "", language: "", from: "", until: "" };

const OFFICE = "application/vnd.openxmlformats-officedocument";
const OPEN = "application/vnd.oasis.opendocument";

/** The kinds people think in, and the media types that documents are recorded with. */
export const KINDS: Record<string, string[]> = {
  pdf: ["application/pdf"],
  text: [
    `${OFFICE}.wordprocessingml.document`,
    "application/msword",
    "application/rtf",
    `${OPEN}.text`,
    "text/plain",
    "text/markdown",
  ],
  slides: [`${OFFICE}.presentationml.presentation`, "application/vnd.ms-powerpoint", `${OPEN}.presentation`],
  sheets: [
    `${OFFICE}.spreadsheetml.sheet`,
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    `${OPEN}.spreadsheet`,
    "text/csv",
  ],
  web: ["text/html"],
  mail: ["message/rfc822", "application/vnd.ms-outlook"],
};

export const SEARCH_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "da", "sv", "fi", "cs"];

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const day = (value: string | null): string => (value !== null && DAY.test(value) ? value : "");

export function wantedFrom(query: string): Wanted {
  const given = new URLSearchParams(query);
  const kind = given.get("kind") ?? "";
  return {
    question: (given.get("q") ?? "").trim(),
    collections: given.getAll("in"),
    kind: Object.hasOwn(KINDS, kind) ? kind : "",
    language: SEARCH_LANGUAGES.find((one) => one === given.get("language")) ?? "",
    from: day(given.get("from")),
    until: day(given.get("until")),
  };
}

export function addressOf(wanted: Wanted): string {
  const query = new URLSearchParams();
  if (wanted.question) query.set("q", wanted.question);
  wanted.collections.forEach((one) => query.append("in", one));
  for (const name of ["kind", "language", "from", "until"] as const) {
    if (wanted[name]) query.set(name, wanted[name]);
  }
  const words = query.toString();
  return words ? `/search?${words}` : "/search";
}

/** Undefined where nothing is filtered. */
export function filtersOf(wanted: Wanted): SearchFilters | undefined {
  const filters: SearchFilters = {};
  if (wanted.kind) filters.media_types = KINDS[wanted.kind] ?? [];
  if (wanted.language) filters.languages = [wanted.language];
  if (wanted.from) filters.published_from = wanted.from;
  if (wanted.until) filters.published_until = wanted.until;
  return Object.keys(filters).length > 0 ? filters : undefined;
}
