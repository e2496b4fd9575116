import { describe, expect, it } from "vitest";

import { addressOf, filtersOf, NOTHING, wantedFrom } from "@/search/wanted";

describe("what a search wants", () => {
  it("survives its own address", () => {
    const wanted = { question: "hotel & train", collections: ["a", "b"], kind: "pdf", language: "de", from: "2026-01-31", until: "" };
    expect(wantedFrom(addressOf(wanted).replace(/^\/search/, ""))).toEqual(wanted);
    expect(addressOf(NOTHING)).toBe("/search");
  });

  it("takes nothing from an address that the page did not write", () => {
    expect(wantedFrom("?q=x&kind=__proto__&language=xx&from=yesterday")).toEqual({ ...NOTHING, question: "x" });
  });

  it("names media types for a kind, and no filter at all for none", () => {
    expect(filtersOf(NOTHING)).toBeUndefined();
    expect(filtersOf({ ...NOTHING, kind: "web", from: "2026-01-31" })).toEqual({
      media_types: ["text/html"],
      published_from: "2026-01-31",
    });
  });
});
