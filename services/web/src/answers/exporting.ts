import { citationsOf, type Draft } from "@/answers/draft";
import { texts } from "@/texts";

/** Characters that would end a line of Markdown or begin something else in it. */
const plain = (words: string): string => words.replace(/\s+/g, " ").replace(/([\\`*_[\]<>#|])/g, "\\$1").trim();

/** The answer as a Markdown file: its words, each source with its quotation, and the release behind it. */
export function asMarkdown(draft: Draft): string {
  const body = draft.sentences
    .map((sentence) => {
      const numbers = [...new Set(sentence.citations.map((one) => one.number))];
      const words = sentence.text.trimEnd().replace(/[<[]/g, "\\$&");
      const doubt = sentence.status === "flagged" ? ` (${texts.answer.flagged})` : "";
      return words + numbers.map((number) => ` [${number}]`).join("") + doubt;
    })
    .join(" ");
  const seen = new Set<number>();
  const sources = citationsOf(draft.sentences)
    .filter((one) => !seen.has(one.number) && seen.add(one.number))
    .map((one) => {
      const page = one.page === null ? "" : `, ${texts.page(one.page)}`;
      return `${one.number}. **${plain(one.document_name)}**${page}, ${texts.version(one.version_number)}\n   > ${plain(one.quote)}`;
    });
  const release = draft.answer?.release_id ? `${texts.answer.release}: \`${draft.answer.release_id}\`` : "";
  const parts = [`# ${plain(draft.question)}`, body];
  if (sources.length > 0) parts.push(`## ${texts.answer.sources}`, sources.join("\n"));
  return `${[...parts, release].filter(Boolean).join("\n\n")}\n`;
}

export const fileNameOf = (question: string): string =>
  `${question.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "answer"}.md`;

/** Hands a text to the browser as a file; nothing leaves the page for it. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
