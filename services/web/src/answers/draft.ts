import type { ServerEvent } from "@/api/events";
import type { Answer, Citation, Passage, Problem, Sentence } from "@/api/types";

export type Phase = "queued" | "searching" | "reading" | "writing" | "done" | "stopped" | "failed";

/** An answer while it arrives; `answer` is there once the server has finished it. */
export interface Draft {
  phase: Phase;
  id: string | null;
  question: string;
  searchedAs: string;
  collections: string[];
  /** The conversation it belongs to; null until it has been begun. */
  conversation: string | null;
  /** Its place in line while the model is busy with others; 1 is next. */
  position: number;
  passages: Passage[];
  sentences: Sentence[];
  answer: Answer | null;
  problem: Problem | null;
}

export function newDraft(question: string, collections: string[], conversation: string | null = null): Draft {
  return {
    conversation,
    position: 0,
    phase: "searching",
    id: null,
    question,
    searchedAs: question,
    collections,
    passages: [],
    sentences: [],
    answer: null,
    problem: null,
  };
}

export const isRunning = (draft: Draft): boolean => ["queued", "searching", "reading", "writing"].includes(draft.phase);

/** The draft after one event of the stream; events it does not know change nothing. */
export function advance(draft: Draft, event: ServerEvent): Draft {
  switch (event.event) {
    case "question": {
      const value = JSON.parse(event.data) as { id: string; question: string; searched_as: string };
      return { ...draft, phase: "searching", id: value.id, searchedAs: value.searched_as };
    }
    case "understood":
      return { ...draft, searchedAs: (JSON.parse(event.data) as { searched_as: string }).searched_as };
    case "waiting":
      return { ...draft, phase: "queued", position: (JSON.parse(event.data) as { position: number }).position };
    case "passages":
      return {
        ...draft,
        phase: "reading",
        passages: (JSON.parse(event.data) as { passages: Passage[] }).passages,
      };
    case "sentence":
      return {
        ...draft,
        phase: "writing",
        sentences: [...draft.sentences, JSON.parse(event.data) as Sentence],
      };
    case "answer":
      return finished(draft, JSON.parse(event.data) as Answer);
    case "failed":
      return { ...draft, phase: "failed", problem: JSON.parse(event.data) as Problem };
    default:
      return draft;
  }
}

function finished(draft: Draft, answer: Answer): Draft {
  const phase = answer.state === "stopped" ? "stopped" : answer.state === "failed" ? "failed" : "done";
  const conversation = answer.conversation_id ?? draft.conversation;
  return { ...draft, phase, id: answer.id, answer, conversation, sentences: answer.sentences };
}

/** A stored answer, seen as a draft that has ended. */
export function draftOf(answer: Answer): Draft {
  const start = { ...newDraft(answer.question, []), searchedAs: answer.searched_as };
  return finished(start, answer);
}

/** The citations in reading order, each place once. */
export function citationsOf(sentences: Sentence[]): Citation[] {
  const seen = new Map<string, Citation>();
  for (const citation of sentences.flatMap((sentence) => sentence.citations)) {
    const key = `${citation.number}:${citation.chunk_id}:${citation.start}:${citation.end}`;
    if (!seen.has(key)) seen.set(key, citation);
  }
  return [...seen.values()];
}
