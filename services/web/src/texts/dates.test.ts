import { describe, expect, it } from "vitest";

import { ageOf, fileSize, wholeDay } from "@/texts/dates";

const NOW = new Date(2026, 10, 21, 15, 0);

describe("ageOf", () => {
  it.each([
    [new Date(2026, 10, 21, 0, 0), "today"],
    [new Date(2026, 10, 20, 23, 59), "week"],
    [new Date(2026, 10, 15, 0, 0), "week"],
    [new Date(2026, 10, 14, 23, 59), "earlier"],
  ] as const)("puts %s under %s", (at, age) => {
    expect(ageOf(at.toISOString(), NOW)).toBe(age);
  });
});

describe("wholeDay", () => {
  it("names the day that it was given, today as well", () => {
    const today = new Date().toISOString().slice(0, 10);
    expect(wholeDay("2026-11-21")).toMatch(/21.*2026/);
    expect(wholeDay(today)).toContain(today.slice(0, 4));
  });
});

describe("fileSize", () => {
  it("speaks in the unit a person would", () => {
    expect([12, 4096, 3 * 1024 * 1024].map(fileSize)).toEqual(["12 B", "4 kB", "3.0 MB"]);
  });
});
