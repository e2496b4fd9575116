import { describe, expect, it } from "vitest";

import { placesOf } from "@/reader/finding";

describe("words found in a text", () => {
  it("are counted in code points, whatever their case", () => {
    expect(placesOf("😀 Leave, 😀 leave", "leave")).toEqual([
      { start: 2, end: 7 },
      { start: 11, end: 16 },
    ]);
  });

  it("are none for a single letter or for what is not there", () => {
    expect(placesOf("leave", "l")).toEqual([]);
    expect(placesOf("leave", "stay")).toEqual([]);
  });

  it("keep their places where a small letter is shorter than its capital", () => {
    expect(placesOf("İ leave", "leave")).toEqual([{ start: 2, end: 7 }]);
  });
});
