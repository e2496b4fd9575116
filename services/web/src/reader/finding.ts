import { codePointLength, type Span } from "@/reader/highlight";

const MOST = 500;

/** Where the words stand in the text, whatever their case, in code points as the server counts them. */
export function placesOf(text: string, words: string): Span[] {
  if (words.length < 2) return [];
  // A capital may be longer than its small letter (İ): then only the exact words are found.
  const folded = text.toLowerCase();
  const [hay, needle] = folded.length === text.length ? [folded, words.toLowerCase()] : [text, words];
  const places: Span[] = [];
  let unit = 0;
  let point = 0;
  for (let at = hay.indexOf(needle); at !== -1 && places.length < MOST; at = hay.indexOf(needle, at + needle.length)) {
    point += codePointLength(text.slice(unit, at));
    unit = at;
    places.push({ start: point, end: point + codePointLength(text.slice(at, at + needle.length)) });
  }
  return places;
}
