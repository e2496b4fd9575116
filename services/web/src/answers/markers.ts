import type { Sentence } from "@/api/types";

/**
 * Where sentences begin and end has to survive the Markdown renderer. Private-use characters mark it: they mean
 * nothing to Markdown, and whatever foreign text brings of them is taken out first.
 */
export const OPEN = "\uE000";
export const CLOSE = "\uE001";
const END = "\uE002";
 
const RESERVED = /[\uE000-\uE002]/g;
export const MARK = /\uE000(\d+)\uE002|\uE001(\d+)\uE002/g;

const BLOCK = /^(?:\s*(?:[-*+]|\d+[.)])\s|\s*#{1,6}\s|\s*\||\s*```|\s*>)/;
const LEADING = /^(\s*(?:[-*+]|\d+[.)])\s+|\s*#{1,6}\s+|\s*>\s?|\s*\|\s*)?/;
/** How the answer's plain text names the citations of the sentence before. */
const NUMBERS = /^(?: ?\[\d+\])+/;
const RULE_ROW = /^\s*\|[\s:|-]+\|\s*$/;

export function stripReserved(text: string): string {
  return text.replace(RESERVED, "");
}

function marked(sentence: Sentence): string {
  const text = stripReserved(sentence.text).trimEnd();
  const open = `${OPEN}${sentence.index}${END}`;
  const close = `${CLOSE}${sentence.index}${END}`;
  if (RULE_ROW.test(text)) return text;
  if (text.trimStart().startsWith("```")) return `${text}\n\n${close}`;
  const lead = LEADING.exec(text)?.[0] ?? "";
  const body = text.slice(lead.length);
  // A space before the mark keeps `**bold.**` closing; the renderer's caller takes it away again.
  if (lead.includes("|") && body.endsWith("|")) return `${lead}${open}${body.slice(0, -1).trimEnd()} ${close} |`;
  return `${lead}${open}${body} ${close}`;
}

/** Whitespace between sentences as the answer has it; null when its text and its sentences disagree. */
function gapsIn(text: string, sentences: Sentence[]): string[] | null {
  const gaps: string[] = [];
  let at = 0;
  for (const sentence of sentences) {
    const found = text.indexOf(sentence.text, at);
    if (found === -1) return null;
    const gap = text.slice(at, found).replace(NUMBERS, "");
    // Anything but white space here is text that nobody checked.
    if (gap.trim() !== "") return null;
    gaps.push(gap);
    at = found + sentence.text.length;
  }
  return gaps;
}

function guessedGap(previous: Sentence | undefined, next: Sentence): string {
  if (!previous) return "";
  const before = BLOCK.test(previous.text);
  const after = BLOCK.test(next.text);
  if (before && after) return "\n";
  return before || after ? "\n\n" : " ";
}

/** Markdown of the sentences with their marks, laid out as in `text` where that is known. */
export function composeMarkdown(sentences: Sentence[], text = ""): string {
  const gaps = text ? gapsIn(text, sentences) : null;
  return sentences
    .map((sentence, n) => (gaps?.[n] ?? guessedGap(sentences[n - 1], sentence)) + marked(sentence))
    .join("");
}
