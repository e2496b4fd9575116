import { describe, expect, it } from "vitest";

import { asCurl, asPython } from "@/playground/snippets";

const ASKED = { mode: "complete" as const, prompt: `It's "so"\n`, logprobs: null, stop: [], stream: true };

describe("a play as a command", () => {
  it("is quoted so that a shell reads it as it stands", () => {
    const curl = asCurl(ASKED, "https://holdfast.example");
    expect(curl).toContain(String.raw`"prompt": "It'\''s \"so\"\n"`);
    expect(curl).toContain("$HOLDFAST_KEY");
    expect(curl).toContain('"stream": false');
  });

  it("is Python's own literal", () => {
    const python = asPython(ASKED, "https://holdfast.example");
    expect(python).toContain(String.raw`"prompt": "It's \"so\"\n",`);
    expect(python).toContain('"logprobs": None,');
    expect(python).toContain('"stop": [],');
    expect(python).toContain('"stream": False,');
  });
});
