/** Where a sentence stands among the pieces of a drawn page, whatever breaks, hyphens and spaces lie between. */

export interface Stretch {
  piece: number;
  start: number;
  end: number;
}

const WORD = /[\p{L}\p{N}]/u;
/** Words of a sentence that are looked for together where it is not found as a whole. */
const TOGETHER = 6;

interface Letters {
  text: string;
  /** For each UTF-16 unit of `text`, the piece and the place in it that it came from. */
  from: { piece: number; at: number; end: number }[];
}

/** Letters and digits only, in one case and one form: ligatures and wide letters as the plain ones. */
function lettersOf(pieces: string[]): Letters {
  let text = "";
  const from: Letters["from"] = [];
  pieces.forEach((words, piece) => {
    let at = 0;
    for (const letter of words) {
      const end = at + letter.length;
      for (const plain of letter.normalize("NFKC").toLowerCase()) {
        if (!WORD.test(plain)) continue;
        text += plain;
        for (let unit = 0; unit < plain.length; unit += 1) from.push({ piece, at, end });
      }
      at = end;
    }
  });
  return { text, from };
}

const plainly = (words: string): string => lettersOf([words]).text;

/** The places of the sentence, else of its longer runs of words; none where the page has nothing of it. */
export function stretchesOf(pieces: string[], sentence: string): Stretch[] {
  const page = lettersOf(pieces);
  const whole = plainly(sentence);
  if (whole === "") return [];
  const at = page.text.indexOf(whole);
  if (at !== -1) return stretched(page, at, at + whole.length);
  return runsOf(sentence).flatMap((run) => {
    const found = page.text.indexOf(run);
    return found === -1 ? [] : stretched(page, found, found + run.length);
  });
}

/** Whether the page has the sentence as a whole. */
export const isThere = (pieces: string[], sentence: string): boolean => {
  const whole = plainly(sentence);
  return whole !== "" && lettersOf(pieces).text.includes(whole);
};

function runsOf(sentence: string): string[] {
  const words = sentence.split(/\s+/).filter((word) => plainly(word) !== "");
  const runs: string[] = [];
  for (let first = 0; first + TOGETHER <= words.length; first += TOGETHER) {
    runs.push(plainly(words.slice(first, first + TOGETHER).join("")));
  }
  return runs;
}

function stretched({ from }: Letters, start: number, end: number): Stretch[] {
  const found: Stretch[] = [];
  for (const { piece, at, end: after } of from.slice(start, end)) {
    const last = found.at(-1);
    if (last?.piece === piece) last.end = Math.max(last.end, after);
    else found.push({ piece, start: at, end: after });
  }
  return found;
}
