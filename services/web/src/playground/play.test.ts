import { describe, expect, it } from "vitest";

import { advance, isRunning, levelOf, newPlay, percent, speedOf } from "@/playground/play";

const token = (text: string) => ({ text, logprob: -0.1, others: [] });
const tokens = (text: string, told = [token(text)]) => ({ event: "tokens", data: JSON.stringify({ text, tokens: told }) });

describe("a play", () => {
  it("waits in line, grows, and ends with what the server measured", () => {
    let play = advance(newPlay(0), { event: "waiting", data: '{"position": 2}' }, 10);
    expect([play.phase, play.position]).toEqual(["waiting", 2]);
    play = advance(play, tokens("It "), 100);
    play = advance(play, tokens("is"), 200);
    expect([play.text, play.position, play.tokens.map((one) => one.text)]).toEqual(["It is", null, ["It ", "is"]]);
    expect(speedOf(play)).toEqual({ tokens: 2, ttft_ms: 100, tokens_per_s: 10 });
    const end = { finish_reason: "stop", prompt_tokens: 3, completion_tokens: 2, ttft_ms: 80, total_ms: 190, tokens_per_s: 12 };
    play = advance(play, { event: "end", data: JSON.stringify(end) }, 210);
    expect(isRunning(play)).toBe(false);
    expect(speedOf(play)).toEqual({ tokens: 2, ttft_ms: 80, tokens_per_s: 12 });
  });

  it("counts parts where no log-probabilities were asked for", () => {
    const play = advance(advance(newPlay(0), tokens("a", []), 1), tokens("b", []), 2);
    expect([play.tokens, speedOf(play).tokens]).toEqual([[], 2]);
  });

  it("keeps what was said when the engine breaks off", () => {
    const told = { event: "problem", data: '{"title": "Gone", "code": "engine_unavailable", "status": 503}' };
    const play = advance(advance(newPlay(0), tokens("It "), 1), told, 2);
    expect([play.phase, play.text, play.problem?.code]).toEqual(["failed", "It ", "engine_unavailable"]);
  });
});

describe("how sure a token was", () => {
  it("has five levels", () => {
    expect([0, -0.2, -0.7, -1.5, -5].map(levelOf)).toEqual([0, 1, 2, 3, 4]);
  });

  it("is said in per cent", () => {
    expect([percent(0), percent(Math.log(0.034)), percent(Math.log(0.5))]).toEqual(["100 %", "3.4 %", "50 %"]);
  });
});
