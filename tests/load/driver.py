"""The load driver: raw HTTP and SSE over asyncio, so that reading costs little beside what is measured."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

STAMP = re.compile(rb"@(\d+) ")
LAG_LIMIT_MS = 5.0
TICK_S = 0.01


@dataclass
class Stream:
    """What one asker saw; times in ms. `delays` are those of each token on its way from the engine."""

    status: int = 0
    headers_ms: float = 0.0
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    delays: list[float] = field(default_factory=list)
    ended_with: str = ""
    rest: bytes = b""


@dataclass
class Load:
    """What all askers saw, and how late the driver itself was (p99, ms)."""

    streams: list[Stream]
    lag_p99_ms: float

    @property
    def is_driver_bound(self) -> bool:
        return self.lag_p99_ms > LAG_LIMIT_MS

    def answered(self) -> list[Stream]:
        return [one for one in self.streams if one.ended_with == "answer"]

    def refused(self) -> list[Stream]:
        return [one for one in self.streams if one.status == 429]


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True)
class Target:
    """Where the api is, and the credential's header."""

    host: str
    port: int
    authorization: str

    def request(self, question: str, policy: str) -> bytes:
        body = json.dumps({"question": question, "policy": policy}).encode()
        head = (
            f"POST /api/v1/answers HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: {self.authorization}\r\nContent-Type: application/json\r\n"
            f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


async def ask(
    target: Target, question: str, policy: str, *, read_every_s: float = 0.0, leave_after: int = 0
) -> Stream:
    """One question as a stream. Slow readers pause between reads; some leave after so many tokens."""
    seen, began = Stream(), time.perf_counter()
    reader, writer = await asyncio.open_connection(target.host, target.port, limit=2**20)
    try:
        writer.write(target.request(question, policy))
        head = await reader.readuntil(b"\r\n\r\n")
        seen.headers_ms = (time.perf_counter() - began) * 1000
        seen.status = int(head.split(b" ", 2)[1])
        while block := await reader.read(2**16):
            _read(seen, block, began)
            if leave_after and len(seen.delays) >= leave_after:
                seen.ended_with = "left"
                break
            if read_every_s:
                await asyncio.sleep(read_every_s)
    except (ConnectionError, asyncio.IncompleteReadError):
        seen.ended_with = seen.ended_with or "broken off"
    finally:
        writer.close()
    seen.total_ms = (time.perf_counter() - began) * 1000
    return seen


def _read(seen: Stream, block: bytes, began: float) -> None:
    """Take the whole events of what came; the beginning of the next stays in `rest`."""
    now_us = time.monotonic_ns() // 1000
    *events, seen.rest = (seen.rest + block).split(b"\n\n")
    for event in events:
        name = event[event.find(b"event: ") + 7 :].partition(b"\n")[0]
        if name in (b"token", b"sentence"):
            seen.first_token_ms = seen.first_token_ms or (time.perf_counter() - began) * 1000
            seen.delays += [(now_us - int(stamp)) / 1000 for stamp in STAMP.findall(event)]
        elif name in (b"answer", b"failed"):
            seen.ended_with = name.decode()


async def run(asks: list[Callable[[], Awaitable[Stream]]], *, over_s: float) -> Load:
    """All asks, begun evenly over so many seconds, while the driver watches its own clock."""
    lags: list[float] = []
    watch = asyncio.create_task(_watch(lags))

    async def later(number: int, act: Callable[[], Awaitable[Stream]]) -> Stream:
        await asyncio.sleep(over_s * number / max(1, len(asks)))
        return await act()

    streams = await asyncio.gather(*(later(number, act) for number, act in enumerate(asks)))
    watch.cancel()
    return Load(list(streams), percentile(lags, 0.99))


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        lags.append((time.perf_counter() - due) * 1000)
