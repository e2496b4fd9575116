import { describe, expect, it } from "vitest";

import type { Answer, Citation, Sentence } from "@/api/types";
import { advance, citationsOf, draftOf, isRunning, newDraft } from "@/answers/draft";

const citation = (number: number, start = 0): Citation => ({
  number,
  chunk_id: "c",
  document_id: "d",
  document_name: "n.pdf",
  version_id: "v",
  version_number: 1,
  page: 1,
  heading_path: [],
  quote: "q",
  start,
  end: start + 1,
});
const sentence = (index: number, ...citations: Citation[]): Sentence => ({
  index,
  text: `S${index}.`,
  status: "supported",
  pointer: "",
  citations,
});
const answer: Answer = {
  id: "a",
  question: "q",
  searched_as: "q",
  state: "done",
  kind: "generated",
  policy: "strict",
  text: "S0.",
  sentences: [sentence(0)],
  citations: [],
  nearest: [],
  conflicts: [],
  options: [],
  dropped_sentences: 0,
  release_id: "r",
  model: "m",
  finish_reason: "stop",
  timings: {},
  usage: {},
  prompt_hash: "",
  created_at: "2026-11-21T10:00:00Z",
};

const event = (name: string, data: unknown) => ({ event: name, data: JSON.stringify(data) });

describe("advance", () => {
  it("goes from question to answer", () => {
    const start = newDraft("q", []);
    const asked = advance(start, event("question", { id: "a", question: "q", searched_as: "q2" }));
    expect(asked).toMatchObject({ id: "a", searchedAs: "q2", phase: "searching" });
    const read = advance(asked, event("passages", { passages: [] }));
    const wrote = advance(read, event("sentence", sentence(0)));
    expect([read.phase, wrote.phase, wrote.sentences.length]).toEqual(["reading", "writing", 1]);
    const end = advance(wrote, event("answer", answer));
    expect(end).toMatchObject({ phase: "done", answer: { id: "a" } });
    expect(isRunning(end)).toBe(false);
  });

  it("keeps the verified sentences when the stream fails", () => {
    const wrote = advance(newDraft("q", []), event("sentence", sentence(0)));
    const failed = advance(wrote, event("failed", { title: "Down", status: 503, code: "engine_unavailable" }));
    expect(failed).toMatchObject({ phase: "failed", problem: { code: "engine_unavailable" } });
    expect(failed.sentences).toHaveLength(1);
  });

  it("does not mind events of a later server", () => {
    const start = newDraft("q", []);
    expect(advance(start, event("weather", {}))).toBe(start);
  });
});

describe("draftOf", () => {
  it.each([
    ["done", "done"],
    ["refused", "done"],
    ["stopped", "stopped"],
    ["failed", "failed"],
  ] as const)("shows a stored answer that %s as %s", (state, phase) => {
    expect(draftOf({ ...answer, state }).phase).toBe(phase);
  });
});

describe("citationsOf", () => {
  it("names each place once, in reading order", () => {
    const found = citationsOf([sentence(0, citation(1), citation(2)), sentence(1, citation(1), citation(1, 9))]);
    expect(found.map((one) => [one.number, one.start])).toEqual([
      [1, 0],
      [2, 0],
      [1, 9],
    ]);
  });
});
