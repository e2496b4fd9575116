import { describe, expect, it } from "vitest";

import { languageOf } from "@/texts";
import { de } from "@/texts/de";
import { en } from "@/texts/en";

function shape(texts: object, path = ""): string[] {
  return Object.entries(texts).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? shape(value as object, at)
      : [`${at}: ${typeof value}`];
  });
}

function words(texts: object): string[] {
  return Object.values(texts).flatMap((value: unknown) =>
    typeof value === "string" ? [value] : typeof value === "object" && value !== null ? words(value) : [],
  );
}

describe("languages", () => {
  it("are the one chosen, else the browser's, else English", () => {
    expect(languageOf("de", ["en-GB"])).toBe("de");
    expect(languageOf(null, ["fr-FR", "de-AT"])).toBe("de");
    expect(languageOf("xx", ["fr"])).toBe("en");
  });

  it("say the same things", () => {
    expect(shape(de)).toEqual(shape(en));
  });

  it("leave no sentence empty, and few as they are in English", () => {
    expect(words(de).every((one) => one.trim() !== "")).toBe(true);
    const english = new Set(words(en));
    const same = words(de).filter((one) => one.includes(" ") && english.has(one));
    expect(same).toEqual([]);
  });
});
