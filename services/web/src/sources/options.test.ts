import { describe, expect, it } from "vitest";

import { optionsFrom, secretsFrom } from "@/sources/options";

describe("a new source", () => {
  it("is asked for what its kind knows, in the server's forms", () => {
    const given = { start: " https://wiki.corp/ \n\nhttps://docs.corp/", depth: "2", path: "/srv", include: "" };
    expect(optionsFrom("website", given)).toEqual({ start: ["https://wiki.corp/", "https://docs.corp/"], depth: 2 });
    expect(optionsFrom("folder", given)).toEqual({ path: "/srv" });
  });

  it("names secrets only where its kind has some", () => {
    const given = { access_key: "env:HOLDFAST_SOURCE_KEY", secret_key: " ", password: "file:git" };
    expect(secretsFrom("s3", given)).toEqual({ access_key: "env:HOLDFAST_SOURCE_KEY" });
    expect(secretsFrom("folder", given)).toEqual({});
  });
});
