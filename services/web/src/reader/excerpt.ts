/** Where in a passage the question's own words stand. */

const SHORTEST = 4;
const BEFORE = 80;

/** Rough on purpose: it only decides what is tinted. */
const stem = (word: string): string =>
  word
    .toLowerCase()
    .replace(/(?:ing|ed|s)$/, "")
    .replace(/(?:ie|e|y)$/, "");

export function wordsOf(question: string): Set<string> {
  const words = question.match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => word.length >= SHORTEST || /\d/.test(word)).map(stem));
}

export interface ExcerptPiece {
  text: string;
  marked: boolean;
}

export function piecesOf(text: string, words: Set<string>): ExcerptPiece[] {
  const pieces: ExcerptPiece[] = [];
  for (const part of text.split(/([\p{L}\p{N}]+)/u)) {
    const marked = part !== "" && words.has(stem(part));
    const last = pieces.at(-1);
    if (last && !last.marked && !marked) last.text += part;
    else if (part !== "") pieces.push({ text: part, marked });
  }
  return pieces;
}

/** Begins shortly before the first of the words, at a word's start. */
export function excerptOf(text: string, words: Set<string>): string {
  const flat = text.replace(/\s+/g, " ").trim();
  for (const found of flat.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!words.has(stem(found[0]))) continue;
    if (found.index <= BEFORE * 2) return flat;
    return `… ${flat.slice(flat.indexOf(" ", found.index - BEFORE) + 1)}`;
  }
  return flat;
}
