/** Server-sent events over fetch: EventSource can neither POST nor say why it failed. */

export interface ServerEvent {
  event: string;
  data: string;
}

/** Turns text, cut anywhere, into whole events; comments (heartbeats) are skipped. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];

  feed(text: string): ServerEvent[] {
    this.rest += text;
    const found: ServerEvent[] = [];
    for (let line = this.nextLine(); line !== null; line = this.nextLine()) {
      const whole = this.take(line);
      if (whole) found.push(whole);
    }
    return found;
  }

  private nextLine(): string | null {
    const cut = /\r\n|\n|\r/.exec(this.rest);
    if (!cut) return null;
    // A lone \r at the very end may be the first half of \r\n.
    if (cut[0] === "\r" && cut.index === this.rest.length - 1) return null;
    const line = this.rest.slice(0, cut.index);
    this.rest = this.rest.slice(cut.index + cut[0].length);
    return line;
  }

  private take(line: string): ServerEvent | null {
    if (line === "") return this.finish();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    if (field === "data") this.data.push(value);
    return null;
  }

  private finish(): ServerEvent | null {
    const whole = this.data.length > 0 ? { event: this.event || "message", data: this.data.join("\n") } : null;
    this.event = "";
    this.data = [];
    return whole;
  }
}

/** The events of a response body, until it ends or its request is aborted. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.releaseLock();
  }
}
