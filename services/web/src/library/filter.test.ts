import { describe, expect, it } from "vitest";

import type { LibraryDocument } from "@/api/types";
import { EVERYTHING, fits, isFiltering } from "@/library/filter";
import { isHidden } from "@/library/incoming";

const made = (name: string, state: LibraryDocument["state"], warnings: string[] = []): LibraryDocument =>
  ({ name, state, warnings }) as unknown as LibraryDocument;

describe("documents fit a filter", () => {
  it("by every word of their name, in any order", () => {
    expect(fits(made("HR/Annual Leave.pdf", "visible"), { ...EVERYTHING, name: "leave hr" })).toBe(true);
    expect(fits(made("HR/Annual Leave.pdf", "visible"), { ...EVERYTHING, name: "leave it" })).toBe(false);
  });

  it("by what is to be done about them", () => {
    expect(fits(made("a", "quarantined"), { ...EVERYTHING, state: "trouble" })).toBe(true);
    expect(fits(made("a", "visible", ["two pages were empty"]), { ...EVERYTHING, state: "trouble" })).toBe(true);
    expect(fits(made("a", "visible"), { ...EVERYTHING, state: "trouble" })).toBe(false);
    expect(fits(made("a", "waiting"), { ...EVERYTHING, state: "moving" })).toBe(true);
  });

  it("all, where nothing is asked", () => {
    expect(isFiltering({ name: "  ", state: "all" })).toBe(false);
    expect(fits(made("a", "failed"), EVERYTHING)).toBe(true);
  });
});

describe("files of a folder", () => {
  it("leave out what the system hides", () => {
    expect(["a/.git/config", ".DS_Store", "a/~$plan.docx", "a/Thumbs.db"].every(isHidden)).toBe(true);
    expect(["a/plan.docx", "a.b/c.txt"].some(isHidden)).toBe(false);
  });
});
