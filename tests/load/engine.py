"""An engine of given speed for load tests: asyncio, OpenAI's stream, and a clock in or beside every token.

Each token's text is the moment it was written (CLOCK_MONOTONIC in microseconds, the same for every process
of the machine), so that its reader knows how long it was on the way. A question that holds `request N` is
answered from its sources instead, sentence by sentence as they stand there, so that they pass a grounding;
when each of them had ended is written to `--moments`: the moment of the first word behind it.

`python tests/load/engine.py --port N --ttft 0.3 --rate 20 --tokens 60 --until FILE --moments FILE`
"""

import argparse
import asyncio
import itertools
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHOICE = '{"id":"c","object":"chat.completion.chunk","created":0,"model":"scripted","choices":[%s]%s}'


REQUEST = re.compile(r"request (\d+)")
SOURCE_SENTENCE = re.compile(r"Room \d+ of the Millgate office [^.]*\.")


@dataclass(frozen=True)
class Speed:
    """Seconds to the first token, tokens a second after it, and how many in all, or until a file is there."""

    ttft_s: float
    rate: float
    tokens: int
    until: Path | None = None
    moments: Path | None = None


@dataclass
class Speech:
    """What one answer says, token by token, and when each of its sentences had ended."""

    request: int = -1
    sentences: list[str] = field(default_factory=list)
    ended: list[tuple[str, int]] = field(default_factory=list)

    def tokens(self) -> Iterator[str]:
        """Without end where there are no sources to read out; in paragraphs, as text has them."""
        for number in itertools.count(1) if not self.sentences else ():
            yield f"@{moment()} " + "\n\n" * (number % 20 == 0)
        for number, sentence in enumerate(self.sentences):
            for place, word in enumerate(sentence.split()):
                if place == 0 and number:
                    self.ended.append((self.sentences[number - 1], moment()))
                yield f"{word} "


def speech_for(body: bytes) -> Speech:
    """The sources' sentences where the question asks for them, else stamps."""
    asked = str(json.loads(body)["messages"][-1]["content"])
    found = REQUEST.findall(asked)
    if not found:
        return Speech()
    return Speech(int(found[-1]), list(dict.fromkeys(SOURCE_SENTENCE.findall(asked))))


def moment() -> int:
    """Microseconds of the machine's monotonic clock."""
    return time.monotonic_ns() // 1000


def event(body: str) -> bytes:
    """One chunk of the reply that holds one event."""
    line = f"data: {body}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(line), line)


def token(text: str, finish: str | None = None) -> bytes:
    delta = json.dumps({"index": 0, "delta": {"content": text}, "finish_reason": finish})
    return event(CHOICE % (delta, ""))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speed: Speed) -> None:
    """Requests of one connection, one after another, until it is closed."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = head.decode("latin-1").lower().split("\r\n")
            length = next((int(line[15:]) for line in fields if line.startswith("content-length:")), 0)
            body = await reader.readexactly(length)
            if fields[0].startswith("post"):
                await stream(writer, speed, speech_for(body))
            else:
                writer.write(OK)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def stream(writer: asyncio.StreamWriter, speed: Speed, speech: Speech) -> None:
    writer.write(HEAD)
    said = 0
    try:
        said = await speak(writer, speed, speech)
    finally:
        note(speed, speech)
    writer.write(token("", "stop"))
    usage = {"prompt_tokens": 100, "completion_tokens": said, "total_tokens": 100 + said}
    writer.write(event(CHOICE % ("", f',"usage":{json.dumps(usage)}')))
    writer.write(event("[DONE]") + b"0\r\n\r\n")


async def speak(writer: asyncio.StreamWriter, speed: Speed, speech: Speech) -> int:
    """The tokens at their times; how many there were. ConnectionError where the reader has gone."""
    loop, words = asyncio.get_running_loop(), speech.tokens()
    due, said = loop.time() + speed.ttft_s, 0
    while said < speed.tokens and not (speed.until is not None and speed.until.exists()):
        await asyncio.sleep(due - loop.time())
        if writer.is_closing():
            raise ConnectionResetError
        text = next(words, None)
        if text is None:
            break
        writer.write(token(text))
        said, due = said + 1, due + 1 / speed.rate
        if said % 8 == 0:
            await writer.drain()
    return said


def note(speed: Speed, speech: Speech) -> None:
    if speed.moments is not None and speech.ended:
        with speed.moments.open("a") as file:
            file.write(json.dumps([speech.request, speech.ended]) + "\n")


async def serve(port: int, speed: Speed) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, speed)

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ttft", type=float, default=0.3)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--until", type=Path, help="every answer ends once this file is there")
    parser.add_argument("--moments", type=Path, help="where to note when sentences had ended")
    given = parser.parse_args()
    speed = Speed(given.ttft, given.rate, given.tokens, given.until, given.moments)
    asyncio.run(serve(given.port, speed))
