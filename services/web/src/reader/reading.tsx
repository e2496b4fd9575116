import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";

import type { Citation, Passage } from "@/api/types";

/** A place in a document: what a citation or a passage opens. */
export interface Place {
  chunkId: string;
  documentId: string;
  documentName: string;
  versionId: string;
  versionNumber: number;
  page: number | null;
  headingPath: string[];
  /** The supporting sentence; null for a passage opened as a whole. */
  span: { start: number; end: number } | null;
  /** Its words, to be found on the page as it is printed. */
  quote: string;
  number: number | null;
}

interface Reading {
  places: Place[];
  at: number;
  place: Place | null;
  open: (places: Place[], at: number) => void;
  close: () => void;
}

export function placeOfCitation(citation: Citation): Place {
  return {
    ...placeOf(citation),
    span: { start: citation.start, end: citation.end },
    quote: citation.quote,
    number: citation.number,
  };
}

export function placeOfPassage(passage: Passage): Place {
  return { ...placeOf(passage), span: null, quote: "", number: null };
}

function placeOf(source: Citation | Passage) {
  return {
    chunkId: source.chunk_id,
    documentId: source.document_id,
    documentName: source.document_name,
    versionId: source.version_id,
    versionNumber: source.version_number,
    page: source.page,
    headingPath: source.heading_path,
  };
}

const ReadingContext = createContext<Reading | null>(null);

export function ReadingProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<{ places: Place[]; at: number }>({ places: [], at: 0 });
  const open = useCallback((places: Place[], at: number) => setState({ places, at }), []);
  const close = useCallback(() => setState({ places: [], at: 0 }), []);
  const value = useMemo(
    () => ({ ...state, place: state.places[state.at] ?? null, open, close }),
    [state, open, close],
  );
  return <ReadingContext value={value}>{children}</ReadingContext>;
}

export function useReading(): Reading {
  const reading = use(ReadingContext);
  if (!reading) throw new Error("no ReadingProvider");
  return reading;
}
