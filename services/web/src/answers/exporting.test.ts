import { describe, expect, it } from "vitest";

import type { Citation, Sentence } from "@/api/types";
import { newDraft } from "@/answers/draft";
import { texts } from "@/texts";
import { asMarkdown, fileNameOf } from "@/answers/exporting";

const citation = {
  number: 1,
  document_name: "a_b.pdf",
  page: 3,
  version_number: 2,
  quote: "It is\n<b>45</b> euros.",
  chunk_id: "c",
  start: 0,
  end: 9,
} as Citation;
const sentence = { index: 0, text: "It is 45 euros.", status: "supported", citations: [citation] } as unknown as Sentence;

describe("an answer as Markdown", () => {
  it("keeps its sentences, numbers and quotations, and its question stays one heading", () => {
    const draft = { ...newDraft("How much?\n# really", []), sentences: [sentence] };
    const text = asMarkdown(draft);
    expect(text).toContain("# How much? \\# really\n");
    expect(text).toContain("It is 45 euros. [1]");
    expect(text).toContain("1. **a\\_b.pdf**, page 3, version 2\n   > It is \\<b\\>45\\</b\\> euros.");
  });

  it("brings no picture and no link along, and says what nothing supports", () => {
    const poisoned = { ...sentence, text: "![x](http://evil/) <img src=y>", status: "flagged", citations: [] };
    const text = asMarkdown({ ...newDraft("q", []), sentences: [poisoned as unknown as Sentence] });
    expect(text).toContain(`!\\[x](http://evil/) \\<img src=y> (${texts.answer.flagged})`);
  });

  it("gets a name that every system takes", () => {
    expect(fileNameOf("Wie viel? / Größe..")).toBe("wie-viel-größe.md");
    expect(fileNameOf("???")).toBe("answer.md");
  });
});
