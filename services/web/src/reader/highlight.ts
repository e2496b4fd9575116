export interface Span {
  start: number;
  end: number;
}

export interface Piece {
  text: string;
  marked: boolean;
  /** True for the first marked piece: what the reader scrolls to. */
  first: boolean;
}

/** UTF-16 index of the `count`-th code point: the server counts code points, JavaScript does not. */
export function unitIndex(text: string, count: number): number {
  let unit = 0;
  for (let point = 0; point < count && unit < text.length; point += 1) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}

export function codePointLength(text: string): number {
  let length = 0;
  for (let unit = 0; unit < text.length; length += 1) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return length;
}

function merged(spans: Span[], limit: number): Span[] {
  const kept: Span[] = [];
  const inside = spans
    .map((span) => ({ start: Math.max(0, span.start), end: Math.min(limit, span.end) }))
    .filter((span) => span.start < span.end)
    .sort((a, b) => a.start - b.start);
  for (const span of inside) {
    const last = kept.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else kept.push({ ...span });
  }
  return kept;
}

/** `text` cut at the spans, which count code points of a whole that `text` begins `offset` code points into. */
export function splitAt(text: string, offset: number, spans: Span[]): Piece[] {
  const shifted = spans.map((span) => ({ start: span.start - offset, end: span.end - offset }));
  const pieces: Piece[] = [];
  let at = 0;
  let first = true;
  for (const span of merged(shifted, codePointLength(text))) {
    const [start, end] = [unitIndex(text, span.start), unitIndex(text, span.end)];
    if (start > at) pieces.push({ text: text.slice(at, start), marked: false, first: false });
    pieces.push({ text: text.slice(start, end), marked: true, first });
    first = false;
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), marked: false, first: false });
  return pieces;
}

const HARD_WRAP = 56;

/**
 * Lines that a PDF broke for its own width, joined again. Every character keeps its place (a line break becomes a
 * space), so that offsets stay right.
 */
export function reflow(text: string): string {
  return text.replace(/([^\n]+)\n(?=(\S[^\n]*))/g, (whole: string, line: string, next: string) => {
    const wrapped = line.length >= HARD_WRAP && !/[:|]\s*$/.test(line) && /^[\p{Ll}\p{N}("“]|^\p{Lu}\p{Ll}/u.test(next);
    return wrapped && !/^\s*(?:[-*•|#]|\d+[.)]\s)/.test(next) ? `${line} ` : whole;
  });
}
