import { describe, expect, it } from "vitest";

import { isThere, stretchesOf } from "@/reader/matching";

const shown = (pieces: string[], sentence: string): string[] =>
  stretchesOf(pieces, sentence).map(({ piece, start, end }) => pieces[piece]?.slice(start, end) ?? "");

describe("a sentence on a drawn page", () => {
  it("is found across lines, hyphens and missing spaces", () => {
    const pieces = ["Fees. Staff may claim up to 45 eu-", "", "ros per", " night. More."];
    expect(shown(pieces, "Staff may claim up to 45 euros per night.")).toEqual([
      "Staff may claim up to 45 eu",
      "ros per",
      " night".trim(),
    ]);
  });

  it("is found whatever its ligatures and case", () => {
    expect(shown(["The oﬃce opens at NINE."], "The office opens at nine.")).toEqual(["The oﬃce opens at NINE"]);
  });

  it("is marked in its longer runs where the page has a break in it", () => {
    const pieces = ["one two three four five six", "page 7", "seven eight nine ten eleven twelve"];
    const sentence = "One two three four five six seven eight nine ten eleven twelve.";
    expect(shown(pieces, sentence)).toEqual([pieces[0], pieces[2]]);
    expect(isThere(pieces, sentence)).toBe(false);
  });

  it("is nowhere on a page without it, nor where it has no words", () => {
    expect(stretchesOf(["something else"], "Staff may claim it.")).toEqual([]);
    expect(stretchesOf(["something else"], "…!")).toEqual([]);
  });

  it("keeps its places behind signs of two units", () => {
    expect(shown(["🎉🎉 party at nine"], "Party at nine")).toEqual(["party at nine"]);
  });
});
