import { describe, expect, it } from "vitest";

import { EventParser, readEvents, type ServerEvent } from "@/api/events";

const STREAM = 'event: question\ndata: {"id":"a"}\n\n: heartbeat\n\nevent: sentence\ndata: één\ndata: 二\n\n';
const EVENTS: ServerEvent[] = [
  { event: "question", data: '{"id":"a"}' },
  { event: "sentence", data: "één\n二" },
];

describe("EventParser", () => {
  it("reads whole events and skips comments", () => {
    expect(new EventParser().feed(STREAM)).toEqual(EVENTS);
  });

  it("gives the same events wherever the text is cut", () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const parser = new EventParser();
      expect([...parser.feed(STREAM.slice(0, cut)), ...parser.feed(STREAM.slice(cut))]).toEqual(EVENTS);
    }
  });

  it("takes \\r\\n and \\r for line ends, also when cut between them", () => {
    for (const end of ["\r\n", "\r"]) {
      const parser = new EventParser();
      const found = Array.from(STREAM.replaceAll("\n", end)).flatMap((character) => parser.feed(character));
      expect([...found, ...parser.feed("\n")]).toEqual(EVENTS);
    }
  });

  it("drops an event that never ended", () => {
    expect(new EventParser().feed("event: answer\ndata: {")).toEqual([]);
  });

  it("ignores an event without data and unknown fields", () => {
    expect(new EventParser().feed("event: job\n\nid: 3\nretry: 5\ndata\n\n")).toEqual([{ event: "message", data: "" }]);
  });
});

describe("readEvents", () => {
  it("joins characters that were split between chunks", async () => {
    const bytes = new TextEncoder().encode(STREAM);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const found: ServerEvent[] = [];
    for await (const event of readEvents(body)) found.push(event);
    expect(found).toEqual(EVENTS);
  });
});
