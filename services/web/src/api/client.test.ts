import { afterEach, describe, expect, it, vi } from "vitest";

import { ApiError, get, post, problemFrom, setCsrfToken } from "@/api/client";

function answerWith(status: number, body: string): ReturnType<typeof vi.fn> {
  const answer = vi.fn(() => Promise.resolve(new Response(body, { status })));
  vi.stubGlobal("fetch", answer);
  return answer;
}

afterEach(() => {
  vi.unstubAllGlobals();
  setCsrfToken("");
});

const headersOf = (call: unknown): Record<string, string> => (call as [string, { headers: Record<string, string> }])[1].headers;

describe("calls", () => {
  it("sends the token with unsafe methods only", async () => {
    const answer = answerWith(200, "{}");
    setCsrfToken("token");
    await get("/session");
    await post("/search", {});
    expect(headersOf(answer.mock.calls[0])).not.toHaveProperty("X-CSRF-Token");
    expect(headersOf(answer.mock.calls[1])).toHaveProperty("X-CSRF-Token", "token");
  });

  it("raises the server's own problem", async () => {
    answerWith(503, JSON.stringify({ title: "Down", status: 503, code: "engine_unavailable", detail: "Later" }));
    await expect(get("/answers")).rejects.toMatchObject({ status: 503, code: "engine_unavailable", message: "Later" });
  });

  it("says unreachable when nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(get("/answers")).rejects.toBeInstanceOf(ApiError);
  });

  it("makes a problem of what a proxy wrote", () => {
    expect(problemFrom(502, "<html>")).toMatchObject({ status: 502, code: "http_502" });
  });
});
