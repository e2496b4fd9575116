import { describe, expect, it } from "vitest";

import { shown, titleOf } from "@/oversight/measures";

describe("a measure", () => {
  it("is read in its own unit", () => {
    expect(shown("page_exact", 0.905)).toBe("90.5 %");
    expect(shown("total_s", 5.918)).toBe("5.92 s");
    expect(shown("tokens_per_s", 41.26)).toBe("41.3");
    expect(shown("permission_leaks", 0)).toBe("0");
    expect(shown("answer_right", null)).toBe("–");
  });

  it("has a sign as a difference", () => {
    expect([shown("answer_right", 0.05, true), shown("answer_right", -0.05, true)]).toEqual(["+5.0 %", "-5.0 %"]);
  });

  it("keeps its own name where none is known", () => {
    expect(titleOf("something_new")).toBe("something_new");
  });
});
