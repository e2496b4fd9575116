"""Streams that last: how late each token, or each checked sentence, reaches its reader."""

import asyncio
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.load.driver import Asker, Load, Stream, moment, percentile, run
from tests.load.world import COMMAND, QUESTION, READ_OUT, World
from tests.quality.figures import Figure

BEGUN_A_SECOND = 8
"""A question costs the api a search; streams that last are what is measured, not their beginning."""
BEGIN_WITHIN_S = 120.0
SETTLE_S = 1.0
LIMIT_MS = 30.0
RSS_LIMIT_MIB = 100.0


@dataclass
class Window:
    """While all streams were open, in the machine's us; the file `until` ends it."""

    begin_us: int = 0
    end_us: int = 0

    def holds(self, moment_us: int) -> bool:
        return self.begin_us <= moment_us <= self.end_us


@dataclass(frozen=True)
class Held:
    """So many streams at once: the delays of what was written while all were open, and while they began."""

    load: Load
    delays: list[float]
    while_beginning: list[float]
    grown_mib: float
    early: int
    """Streams that were over before the rest was ended: then fewer were open than is said."""

    @property
    def p95(self) -> float:
        return percentile(self.delays, 0.95)

    @property
    def failed(self) -> int:
        return len(self.load.streams) - len(self.load.answered())

    @property
    def is_sustained(self) -> bool:
        clean = not self.failed and not self.early and not self.load.is_driver_bound
        return clean and self.p95 <= LIMIT_MS

    @property
    def detail(self) -> str:
        parts = [
            f"p50 {percentile(self.delays, 0.5):.1f}, p99 {percentile(self.delays, 0.99):.1f} ms of "
            f"{len(self.delays)}",
            f"while beginning p95 {percentile(self.while_beginning, 0.95):.0f}",
            f"{self.failed} failed, {self.early} over early",
            self.load.bound,
        ]
        return "; ".join(parts)


def hold(world: World, count: int, policy: str, seconds: float, beside: Sequence[Asker] = ()) -> Held:
    """Begin so many streams, keep all of them open for so long, end them."""
    world.until.unlink(missing_ok=True)
    world.moments.unlink(missing_ok=True)
    askers = [_asker(world, number, policy) for number in range(count)]
    window, before = Window(), world.api_memory_mib()
    step = partial(_keep_open, world=world, window=window, seconds=seconds)
    load = asyncio.run(run(askers, beside=beside, step=step))
    delays = _sentence_delays(world, load) if policy == "strict" else _token_delays(load)
    return Held(
        load,
        [delay for at_us, delay in delays if window.holds(at_us)],
        [delay for at_us, delay in delays if at_us < window.begin_us],
        world.api_memory_mib() - before,
        sum(0 < one.ended_us < window.end_us for one in load.streams),
    )


def _asker(world: World, number: int, policy: str) -> Asker:
    question = READ_OUT.format(number) if policy == "strict" else QUESTION
    return Asker(world.target(number), question, policy, at_s=number / BEGUN_A_SECOND, request=number)


async def _keep_open(streams: Sequence[Stream], *, world: World, window: Window, seconds: float) -> None:
    ends_at = time.monotonic() + len(streams) / BEGUN_A_SECOND + BEGIN_WITHIN_S
    # Nobody sets an event on the way that is measured.
    while time.monotonic() < ends_at and not all(map(_is_open, streams)):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await asyncio.sleep(SETTLE_S)
    window.begin_us = moment()
    await asyncio.sleep(seconds)
    window.end_us = moment()
    world.until.touch()


def _is_open(one: Stream) -> bool:
    return one.has_begun or bool(one.ended_with)


def _token_delays(load: Load) -> list[tuple[int, float]]:
    return [token for one in load.answered() for token in one.tokens]


def _sentence_delays(world: World, load: Load) -> list[tuple[int, float]]:
    """From the first word behind a sentence, which shows that it has ended, to its reader."""
    noted = [json.loads(line) for line in world.moments.read_text().splitlines()]
    ended = {(request, text): at_us for request, sentences in noted for text, at_us in sentences}
    return [
        (ended[one.request, text], (read_us - ended[one.request, text]) / 1000)
        for one in load.answered()
        for read_us, text in one.sentences
        if (one.request, text) in ended
    ]


def measure(world: World, counts: Sequence[int], wanted: int, seconds: float) -> Iterator[Figure]:
    """`wanted` streams under both policies, the memory they take, and how many are too many."""
    steps = {count: hold(world, count, "off", seconds) for count in counts if count < wanted}
    steps[wanted] = off = hold(world, wanted, "off", seconds)
    tell(f"{wanted} streams, off", off)
    strict = hold(world, wanted, "strict", seconds)
    tell(f"{wanted} streams, strict", strict)
    for count in sorted(count for count in counts if count > wanted):
        if not steps[max(steps)].is_sustained:
            break
        steps[count] = hold(world, count, "off", seconds)
    for name, held in (("off", off), ("strict", strict)):
        yield _figure(f"streams_{wanted}_{name}_added_p95_ms", held.p95, "ms", f"≤ {LIMIT_MS:g}", held.detail)
    worse = max((strict, off), key=lambda held: math.inf if math.isnan(held.p95) else held.p95)
    detail = f"the worse of strict and off; {worse.detail}"
    yield _figure(f"streams_{wanted}_added_p95_ms", worse.p95, "ms", f"≤ {LIMIT_MS:g}", detail)
    grown = max(off.grown_mib, strict.grown_mib)
    yield _figure("streams_rss_growth_mib", grown, "MiB", f"≤ {RSS_LIMIT_MIB:g}", f"{wanted} streams, api")
    knee = max((count for count, held in steps.items() if held.is_sustained), default=0)
    tried = ", ".join(f"{count}: {held.p95:.1f} ms" for count, held in sorted(steps.items()))
    yield _figure("streams_knee", knee, "streams", "", f"most with p95 within {LIMIT_MS:g} ms; {tried}")


def measure_bad_readers(world: World, bad: int, seconds: float) -> Iterator[Figure]:
    """Twenty steady streams beside so many that read slowly and so many that leave."""
    slow = [
        Asker(world.target(number), QUESTION, at_s=number / BEGUN_A_SECOND, slowly=512)
        for number in range(bad)
    ]
    leaving = [
        Asker(world.target(number), QUESTION, at_s=(bad + number) / BEGUN_A_SECOND, leave_after=5)
        for number in range(bad)
    ]
    alone = hold(world, 20, "off", seconds)
    beside = hold(world, 20, "off", 2 * bad / BEGUN_A_SECOND, [*slow, *leaving])
    tell(f"20 streams beside {bad} slow and {bad} leaving readers", beside)
    detail = f"alone {alone.p95:.1f} ms; {beside.detail}"
    yield _figure("bad_readers_added_p95_ms", beside.p95, "ms", f"≤ {LIMIT_MS:g}", detail)
    yield _figure(
        "bad_readers_harmed", beside.failed, "", "= 0", "steady streams that did not end with `answer`"
    )
    left = len(_open_connections(world))
    yield _figure("bad_readers_connections_left", left, "", "= 0", "to the api and from it to the engine")


def _open_connections(world: World) -> list[object]:
    """Those of askers and of the engine that the api still holds, once it had time to see them go."""
    ports = {world.targets[0].port, _engine_port(world)}
    ends_at = time.monotonic() + 30
    while True:
        held = [
            one
            for one in world.stack.process("api").net_connections("tcp")
            if one.status == "ESTABLISHED" and {one.laddr.port, one.raddr.port} & ports
        ]
        idle = [one for one in held if one.raddr.port == _engine_port(world)]
        held = [one for one in held if one not in idle]  # kept for the next question, up to a bound
        if not held or time.monotonic() > ends_at:
            return held + idle[64:]
        time.sleep(0.2)


def _engine_port(world: World) -> int:
    command = world.stack.process("engine").cmdline()
    return int(command[command.index("--port") + 1])


def _figure(name: str, value: float, unit: str, target: str, detail: str) -> Figure:
    return Figure(name, round(value, 1), unit, target, COMMAND, detail)


def tell(what: str, held: Held) -> None:
    print(f"{what}: added p95 {held.p95:.1f} ms; {held.detail}; {held.load.endings()}", flush=True)
