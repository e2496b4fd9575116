"""What people who ask notice of an ingestion at full speed, its worker polite on the other core."""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from services.database.tables.runs import ENDED, Run
from tests.load.driver import Asker, Load, Stream, percentile, run
from tests.load.world import COMMAND, DAYS, KEEPERS, QUESTION, World
from tests.quality.figures import Figure

ASKERS = 8
DOCUMENTS, PARAGRAPHS = 48, 60
NICE = 19


def measure(world: World, seconds: float) -> Iterator[Figure]:
    """Questions one after another from each asker: alone, then beside the worker."""
    worker = world.stack.process("worker")
    for one in (worker, *worker.children(recursive=True)):
        one.nice(NICE)
    _chat(world, 2.0)  # caches warm
    alone = _chat(world, seconds)
    jobs = [_upload(world, number) for number in range(DOCUMENTS)]
    world.stack.until(lambda: world.stack.run(jobs[0]).state != "waiting", "the worker has begun")
    before = _ended(world, jobs)
    beside = _chat(world, seconds)
    after = _ended(world, jobs)
    detail = (
        f"{after - before} documents became ready meanwhile, {DOCUMENTS - after} were left; {beside.bound}"
    )
    has_run_out = after == DOCUMENTS  # then part of the time nothing was ingested
    for name, target, of in (("chat", "≤ 10", _total), ("first_word", "", _first)):
        was, became = (percentile([of(one) for one in load.answered()], 0.95) for load in (alone, beside))
        change = math.nan if has_run_out else round(100 * (became / was - 1), 1)
        times = f"p95 {became:.0f} ms against {was:.0f} ms; {detail}"
        yield Figure(f"ingest_{name}_p95_change_pct", change, "%", target, COMMAND, times)


def _total(one: Stream) -> float:
    return one.total_ms


def _first(one: Stream) -> float:
    return one.first_ms


def _chat(world: World, seconds: float) -> Load:
    """Each asker asks anew as soon as it is answered, for so long."""
    return asyncio.run(_asking(world, seconds))


async def _asking(world: World, seconds: float) -> Load:
    ends_at = time.monotonic() + seconds
    loads = await asyncio.gather(*(_one_after_another(world, number, ends_at) for number in range(ASKERS)))
    streams = [one for load in loads for one in load.streams]
    return Load(streams, max(load.lag_p99_ms for load in loads))


async def _one_after_another(world: World, number: int, ends_at: float) -> Load:
    done: list[Load] = []
    while time.monotonic() < ends_at:
        done.append(await run([Asker(world.target(number), QUESTION)]))
    return Load([one for load in done for one in load.streams], max(load.lag_p99_ms for load in done))


def _upload(world: World, number: int) -> str:
    paragraphs = [
        f"Order {number}-{line} was packed by {KEEPERS[(number + line) % len(KEEPERS)]} and left the store "
        f"on one of the {DAYS[line % len(DAYS)]} of week {1 + (number * 7 + line) % 52}; its {3 + line} "
        "boxes were counted twice, weighed, and handed to the carrier, who signed at the gate before noon."
        for line in range(PARAGRAPHS)
    ]
    name, text = f"orders-{number}.txt", "\n\n".join(paragraphs)
    taken: str = world.stack.until(lambda: _taken(world, name, text), f"{name} is taken")
    return taken


def _taken(world: World, name: str, text: str) -> str:
    """The job, or nothing where the api was too busy to take it now."""
    file = {"file": (name, text.encode())}
    reply = world.stack.client.post("/api/v1/documents", data={"collection": "handbook"}, files=file)
    return str(reply.json()["job"]["id"]) if reply.is_success else ""


def _ended(world: World, jobs: Sequence[str]) -> int:
    with world.stack.transactions.read() as session:
        query = select(func.count()).where(Run.id.in_(jobs), Run.state.in_(ENDED))
        return int(session.scalar(query) or 0)
