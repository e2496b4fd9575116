import { describe, expect, it } from "vitest";

import { excerptOf, piecesOf, wordsOf } from "@/reader/excerpt";

describe("excerpts", () => {
  it("mark the question's words in any form", () => {
    const pieces = piecesOf("Employees may carry leave over.", wordsOf("carrying over leaves for an employee"));
    expect(pieces.filter((piece) => piece.marked).map((piece) => piece.text)).toEqual([
      "Employees",
      "carry",
      "leave",
      "over",
    ]);
  });

  it("begin shortly before the first found word", () => {
    const text = `${"filler ".repeat(60)}parental leave lasts`;
    const excerpt = excerptOf(text, wordsOf("parental"));
    expect(excerpt.startsWith("… filler")).toBe(true);
    expect(excerpt.indexOf("parental")).toBeLessThan(100);
  });

  it("lose nothing of the text", () => {
    expect(piecesOf("a b-c, d.", wordsOf("zzzz")).map((piece) => piece.text).join("")).toBe("a b-c, d.");
  });
});
