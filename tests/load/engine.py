"""An engine of given speed for load tests: asyncio, OpenAI's stream, and a clock in every token.

Each token's text is the moment it was written (CLOCK_MONOTONIC in microseconds, the same for every process
of the machine), so that its reader knows how long it was on the way.

`python tests/load/engine.py --port N --ttft 0.3 --rate 20 --tokens 60`
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHOICE = '{"id":"c","object":"chat.completion.chunk","created":0,"model":"scripted","choices":[%s]%s}'


@dataclass(frozen=True)
class Speed:
    """Seconds to the first token, tokens a second after it, and how many in all."""

    ttft_s: float
    rate: float
    tokens: int


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
            await reader.readexactly(length)
            if fields[0].startswith("post"):
                await stream(writer, speed)
            else:
                writer.write(OK)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def stream(writer: asyncio.StreamWriter, speed: Speed) -> None:
    writer.write(HEAD)
    loop = asyncio.get_running_loop()
    due = loop.time() + speed.ttft_s
    for number in range(speed.tokens):
        await asyncio.sleep(due - loop.time())
        if writer.is_closing():
            return
        writer.write(token(f"@{moment()} "))
        if number % 8 == 0:
            await writer.drain()
        due += 1 / speed.rate
    writer.write(token("", "stop"))
    usage = {"prompt_tokens": 100, "completion_tokens": speed.tokens, "total_tokens": 100 + speed.tokens}
    writer.write(event(CHOICE % ("", f',"usage":{json.dumps(usage)}')))
    writer.write(event("[DONE]") + b"0\r\n\r\n")


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
    given = parser.parse_args()
    asyncio.run(serve(given.port, Speed(given.ttft, given.rate, given.tokens)))
