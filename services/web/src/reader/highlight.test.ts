import { describe, expect, it } from "vitest";

import { codePointLength, reflow, splitAt, unitIndex } from "@/reader/highlight";

const words = (pieces: ReturnType<typeof splitAt>) => pieces.map((piece) => (piece.marked ? `[${piece.text}]` : piece.text));

describe("splitAt", () => {
  it("marks the span inside a text that begins later in the document", () => {
    expect(words(splitAt("one two three", 100, [{ start: 104, end: 107 }]))).toEqual(["one ", "[two]", " three"]);
  });

  it("counts code points, as the server does", () => {
    expect(words(splitAt("a🎉b🎉 sentence. c", 0, [{ start: 4, end: 14 }]))).toEqual(["a🎉b🎉", "[ sentence.]", " c"]);
  });

  it("cuts a span at the text's own ends", () => {
    expect(words(splitAt("middle", 10, [{ start: 0, end: 99 }]))).toEqual(["[middle]"]);
  });

  it("leaves a text without its span whole", () => {
    expect(words(splitAt("text", 0, [{ start: 9, end: 12 }]))).toEqual(["text"]);
    expect(words(splitAt("text", 0, [{ start: 2, end: 2 }]))).toEqual(["text"]);
  });

  it("joins spans that touch and names the first to scroll to", () => {
    const pieces = splitAt("abcdefgh", 0, [
      { start: 6, end: 7 },
      { start: 0, end: 2 },
      { start: 1, end: 4 },
    ]);
    expect(words(pieces)).toEqual(["[abcd]", "ef", "[g]", "h"]);
    expect(pieces.map((piece) => piece.first)).toEqual([true, false, false, false]);
  });

  it("loses no character", () => {
    const text = "x🎉y\nz ".repeat(20);
    for (let start = 0; start < codePointLength(text); start += 7) {
      const pieces = splitAt(text, 0, [{ start, end: start + 5 }]);
      expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    }
  });
});

describe("unitIndex", () => {
  it("stays at the end for a count beyond it", () => {
    expect(unitIndex("🎉", 5)).toBe(2);
  });
});

describe("reflow", () => {
  const line = "A line that a page of paper has broken because it was full,";

  it("joins lines that were broken for paper and keeps every offset", () => {
    const text = `${line}\nand goes on here.\n\nA new paragraph.`;
    expect(reflow(text)).toBe(`${line} and goes on here.\n\nA new paragraph.`);
    expect(reflow(text)).toHaveLength(text.length);
  });

  it("leaves lists, short lines and table rows alone", () => {
    for (const text of [`${line}\n- an item`, "Short\nlines", `${line} |\n| a | b |`, `${line}\n1. one`]) {
      expect(reflow(text)).toBe(text);
    }
  });
});
