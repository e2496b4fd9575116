import { useEffect, useMemo, useRef } from "react";

import type { DocumentText, PassageInContext } from "@/api/types";
import { codePointLength, reflow, splitAt, unitIndex, type Span } from "@/reader/highlight";
import styles from "@/reader/PassageText.module.css";
import { texts } from "@/texts";

interface PiecesProps {
  text: string;
  offset: number;
  spans: Span[];
  /** Whether its first mark is brought into view; of many pages only one is. */
  follows?: boolean;
}

/** Text with its supporting sentence marked and brought into view. */
function Pieces({ text, offset, spans, follows = true }: PiecesProps) {
  const mark = useRef<HTMLElement>(null);
  const pieces = useMemo(() => splitAt(reflow(text), offset, spans), [text, offset, spans]);
  useEffect(() => {
    if (follows) mark.current?.scrollIntoView({ block: "center" });
  }, [pieces, follows]);
  return pieces.map((piece, n) =>
    piece.marked ? (
      <mark key={n} ref={piece.first ? mark : undefined} className={styles.mark} data-testid="highlight">
        {piece.text}
      </mark>
    ) : (
      <span key={n}>{piece.text}</span>
    ),
  );
}

interface InContextProps {
  passage: PassageInContext;
  spans: Span[];
}

/** The passage between what stands before and after it; the page's own words are darker. */
export function InContext({ passage, spans }: InContextProps) {
  const key = spans.map((span) => `${span.start}-${span.end}`).join();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- spans are new arrays with the same numbers
  const own = useMemo(() => spans, [key]);
  return (
    <div className={styles.text}>
      {passage.before && <span className={styles.around}>{reflow(trimmedStart(passage))}</span>}
      <span data-testid="passage">
        <Pieces text={passage.text} offset={passage.start} spans={own} />
      </span>
      {passage.after && <span className={styles.around}>{reflow(trimmedEnd(passage.after))}</span>}
    </div>
  );
}

/** What stands around is cut anywhere; a reader sees whole words. */
function trimmedStart({ before, start }: PassageInContext): string {
  return codePointLength(before) < start ? before.replace(/^\S*\s+/, "… ") : before;
}

const trimmedEnd = (after: string): string => (/[.!?)\s]$/.test(after) ? after : after.replace(/\s+\S*$/, " …"));

interface WholeProps {
  document: DocumentText;
  spans: Span[];
  page?: number | null;
}

/** The stored text page by page; pages out of sight cost nothing (content-visibility). */
export function WholeDocument({ document, spans, page = null }: WholeProps) {
  const pages = useMemo(() => pagesOf(document), [document]);
  const opened = useRef<HTMLElement>(null);
  useEffect(() => {
    if (spans.length === 0) opened.current?.scrollIntoView();
  }, [spans.length]);
  const first = Math.min(...spans.map((span) => span.start));
  const followed = pages.findLast((one) => one.start <= first);
  return pages.map((one) => (
    <section key={one.start} ref={one.page === page ? opened : undefined} className={styles.page}>
      {one.page !== null && <p className={styles.number}>{texts.page(one.page)}</p>}
      <div className={styles.text}>
        <Pieces text={one.text} offset={one.start} spans={spans} follows={one === followed} />
      </div>
    </section>
  ));
}

interface PageText {
  page: number | null;
  start: number;
  text: string;
}

function pagesOf(document: DocumentText): PageText[] {
  if (document.pages.length === 0) return [{ page: null, start: 0, text: document.text }];
  const ascii = codePointLength(document.text) === document.text.length;
  const unit = (point: number): number => (ascii ? point : unitIndex(document.text, point));
  return document.pages.map(({ page, start, end }) => ({
    page,
    start,
    text: document.text.slice(unit(start), unit(end)),
  }));
}
