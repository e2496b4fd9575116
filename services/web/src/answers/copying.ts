import { citationsOf, type Draft } from "@/answers/draft";
import { texts } from "@/texts";

function source(number: number, name: string, page: number | null, version: number): string {
  const where = [name, page === null ? null : texts.pageShort(page), texts.version(version)];
  return `[${number}] ${where.filter(Boolean).join(", ")}`;
}

/** The answer as plain text, with its numbers, its sources and the release behind it. */
export function asText(draft: Draft): string {
  const words = draft.sentences.map((sentence) => {
    const numbers = [...new Set(sentence.citations.map((one) => one.number))];
    return sentence.text.trimEnd() + numbers.map((number) => ` [${number}]`).join("");
  });
  const lines = citationsOf(draft.sentences).map((one) =>
    source(one.number, one.document_name, one.page, one.version_number),
  );
  const release = draft.answer?.release_id ? [`${texts.answer.release}: ${draft.answer.release_id}`] : [];
  const last = [...new Set(lines), ...release].join("\n");
  return [draft.question, words.join(" "), last].filter(Boolean).join("\n\n");
}

/** False where the browser refuses; plain http to another machine has no clipboard interface. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
