import { describe, expect, it } from "vitest";

import { path, spaced, ticks } from "@/charts/scale";

describe("marks of a scale", () => {
  it("are round and reach over the largest value", () => {
    expect(ticks(7)).toEqual([0, 2, 4, 6, 8]);
    expect(ticks(0.31)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(ticks(100)).toEqual([0, 25, 50, 75, 100]);
  });

  it("are there where nothing was counted", () => {
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(Number.NaN)).toEqual([0, 1]);
  });
});

describe("labels", () => {
  it("are left out where they would touch", () => {
    expect(spaced(24, 240, 40)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(spaced(3, 600, 40)).toEqual([0, 1, 2]);
  });
});

describe("a line", () => {
  it("is broken where a value is missing", () => {
    expect(path([[0, 1], [1, 2], null, [3, 4]])).toBe("M0.0 1.0 L1.0 2.0 M3.0 4.0");
  });
});
