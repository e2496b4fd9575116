"""The load driver: raw HTTP and SSE over asyncio, so that reading costs little beside what is measured."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

STAMP = re.compile(rb"@(\d+) ")
LAG_LIMIT_MS = 5.0
TICK_S = 0.01
SMALL_BUFFER = 4096
"""What a slow reader's kernel holds for it; whatever else is on the way is held by the api's."""


@dataclass
class Stream:
    """What one asker saw. Times are ms after the request; moments are us of the machine's clock.

    `tokens` are the moment each was written and the ms until it was read; `sentences` when they were read.
    """

    request: int = -1
    status: int = 0
    headers_ms: float = 0.0
    first_ms: float = 0.0
    total_ms: float = 0.0
    tokens: list[tuple[int, float]] = field(default_factory=list)
    sentences: list[tuple[int, str]] = field(default_factory=list)
    ended_with: str = ""
    ended_us: int = 0
    rest: bytes = b""

    @property
    def has_begun(self) -> bool:
        return bool(self.first_ms)


@dataclass
class Load:
    """What all askers saw, and how late the driver itself was (p99, ms)."""

    streams: list[Stream]
    lag_p99_ms: float

    @property
    def is_driver_bound(self) -> bool:
        return self.lag_p99_ms > LAG_LIMIT_MS

    @property
    def bound(self) -> str:
        late = f"driver p99 {self.lag_p99_ms:.1f} ms late"
        return f"driver-bound, {late}" if self.is_driver_bound else late

    def answered(self) -> list[Stream]:
        return [one for one in self.streams if one.ended_with == "answer"]

    def refused(self) -> list[Stream]:
        return [one for one in self.streams if one.status == 429]

    def endings(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self.streams:
            how = one.ended_with or str(one.status)
            counts[how] = counts.get(how, 0) + 1
        return counts


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; not a number of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def moment() -> int:
    """Microseconds of the machine's monotonic clock."""
    return time.monotonic_ns() // 1000


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


@dataclass
class Asker:
    """One question as a stream, and how it is read. `at_s` is when it is asked, after the others began.

    Slow readers take `slowly` bytes every half second; some leave after so many tokens.
    """

    target: Target
    question: str
    policy: str = "off"
    at_s: float = 0.0
    request: int = -1
    slowly: int = 0
    leave_after: int = 0
    seen: Stream = field(default_factory=Stream)

    async def ask(self) -> Stream:
        self.seen.request = self.request
        began = time.perf_counter()
        try:
            await self._ask(began)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.seen.ended_with = self.seen.ended_with or "broken off"
        self.seen.total_ms = (time.perf_counter() - began) * 1000
        return self.seen

    async def _ask(self, began: float) -> None:
        reader, writer = await asyncio.open_connection(
            sock=await _connected(self.target, small=bool(self.slowly)), limit=self.slowly or 2**18
        )
        try:
            writer.write(self.target.request(self.question, self.policy))
            head = await _head(reader)
            self.seen.headers_ms = (time.perf_counter() - began) * 1000
            self.seen.status = int(head.split(b" ", 2)[1])
            while block := await reader.read(self.slowly or 2**16):
                self._read(block, began)
                if self.leave_after and len(self.seen.tokens) >= self.leave_after:
                    self.seen.ended_with = "left"
                    break
                if self.slowly:
                    await asyncio.sleep(0.5)
        finally:
            writer.close()

    def _read(self, block: bytes, began: float) -> None:
        """Take the whole events of what came; the beginning of the next stays in `rest`."""
        now_us = moment()
        *events, self.seen.rest = (self.seen.rest + block).split(b"\n\n")
        for event in events:
            name = event[event.find(b"event: ") + 7 :].partition(b"\n")[0]
            if name == b"token":
                stamps = [int(stamp) for stamp in STAMP.findall(event)]
                self.seen.tokens += [(stamp, (now_us - stamp) / 1000) for stamp in stamps]
            elif name == b"sentence":
                self.seen.sentences.append((now_us, json.loads(event.partition(b"data: ")[2])["text"]))
            elif name in (b"answer", b"failed"):
                self.seen.ended_with, self.seen.ended_us = name.decode(), now_us
            if name in (b"token", b"sentence"):
                self.seen.first_ms = self.seen.first_ms or (time.perf_counter() - began) * 1000


async def _connected(target: Target, *, small: bool) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    await asyncio.get_running_loop().sock_connect(sock, (target.host, target.port))
    return sock


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Up to the empty line; a slow reader's own buffer is smaller than that."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = await reader.read(1)
        if not part:
            raise asyncio.IncompleteReadError(head, None)
        head += part
    return head


Step = Callable[[Sequence[Stream]], Awaitable[None]]


async def run(awaited: Sequence[Asker], *, beside: Sequence[Asker] = (), step: Step | None = None) -> Load:
    """Those awaited, each at its time, while the driver watches its own clock.

    `step` runs meanwhile; whoever is `beside` leaves when the awaited have ended.
    """
    lags: list[float] = []
    watch = asyncio.create_task(_watch(lags))
    others = [asyncio.create_task(_later(one)) for one in beside]
    meanwhile = asyncio.create_task(step([one.seen for one in awaited])) if step else None
    streams = await asyncio.gather(*(_later(one) for one in awaited))
    if meanwhile is not None:
        await meanwhile
    for task in [watch, *others]:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return Load(list(streams), percentile(lags, 0.99))


async def _later(asker: Asker) -> Stream:
    await asyncio.sleep(asker.at_s)
    return await asker.ask()


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        lags.append((time.perf_counter() - due) * 1000)
