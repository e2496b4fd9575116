"""What is done to the system, each at a moment drawn by chance."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import psutil
from sqlalchemy import select

from services.adapters.job_queue import INGEST_TASK, JobQueue
from services.database.tables.runs import Run
from tests.chaos import hardships
from tests.chaos.traffic import Traffic
from tests.chaos.world import World


def kill_worker(world: World) -> None:
    world.stack.process("worker").kill()


def kill_child(world: World) -> None:
    """The worker's own child, which does the work; without one nothing can be killed."""
    for child in world.stack.process("worker").children():
        child.kill()


def kill_redis(world: World) -> None:
    """It keeps nothing on disk, so this is FLUSHALL as well."""
    world.stack.process("redis").kill()


def flush_redis(world: World) -> None:
    world.stack.flush_broker()


def kill_chroma(world: World) -> None:
    world.stack.process("chroma").kill()


def wipe_chroma(world: World) -> None:
    """Killed, and its disk is gone."""
    world.stack.process("chroma").kill()
    shutil.rmtree(world.stack.folder / "chroma", ignore_errors=True)


def kill_database(world: World) -> None:
    world.database.kill()
    world.database.start()


def kill_api(world: World) -> None:
    world.stack.process("api").kill()


def kill_upkeep(world: World) -> None:
    world.stack.process("upkeep").kill()


def kill_engine(world: World) -> None:
    world.stack.process("engine").kill()


def repeat_messages(world: World) -> None:
    """Every open run is sent three times more, as a broker may do."""
    with world.stack.transactions.read() as session:
        open_runs = session.scalars(
            select(Run.id).where(Run.kind == "ingest", Run.finished_at.is_(None))
        ).all()
    queue = JobQueue(world.stack.settings.queue.model_copy(update={"url": world.stack.broker_url}))
    for run_id in [*open_runs] * 3:
        queue.send(INGEST_TASK, run_id)
    queue.close()


@dataclass(frozen=True)
class Fault:
    """What is done at the moment, how its own streams ended wrongly, and what puts it right again.

    `lift` comes before everything has to settle, or after it where the system must live with the fault.
    """

    strike: Callable[[World, Traffic], list[str]]
    lift: Callable[[World], None] | None = None
    settles_first: bool = False

    @classmethod
    def death(cls, kill: Callable[[World], None]) -> Self:
        """Something dies, and says nothing of streams of its own."""

        def strike(world: World, _traffic: Traffic) -> list[str]:
            kill(world)
            return []

        return cls(strike)


def _skewed(seconds: int) -> Fault:
    return Fault(hardships.skew_worker(seconds), hardships.right_clock, settles_first=True)


def _full(volume: str) -> Fault:
    return Fault(hardships.fill(volume), hardships.clear(volume))


FAULTS: dict[str, Fault] = {
    "worker": Fault.death(kill_worker),
    "child": Fault.death(kill_child),
    "redis": Fault.death(kill_redis),
    "flushall": Fault.death(flush_redis),
    "chroma": Fault.death(kill_chroma),
    "chroma wiped": Fault.death(wipe_chroma),
    "postgres": Fault.death(kill_database),
    "api": Fault.death(kill_api),
    "upkeep": Fault.death(kill_upkeep),
    "engine": Fault.death(kill_engine),
    "repeated messages": Fault.death(repeat_messages),
    "engine slow": Fault(hardships.slow_engine),
    "engine hung": Fault(hardships.hung_engine),
    "engine gone": Fault(hardships.engine_gone),
    "files full": _full("files"),
    "chroma full": _full("chroma"),
    "lexical full": _full("lexical"),
    "vectors full": _full("vectors"),
    "clock ahead": _skewed(3600),
    "clock behind": _skewed(-3600),
    "deleted while read": Fault(hardships.delete_while_read),
    "upgrade": Fault(hardships.upgrade),
}
# The five processes that issue 3 asks 50 rounds of.
INGESTING = ("worker", "child", "redis", "chroma", "postgres")
THE_API_ENDS = ("api", "upgrade")
"""Here a stream may be broken off: whoever wrote it is gone."""


def playable(world: World) -> list[str]:
    """Without those that need a small disk, where there are none."""
    return [name for name in FAULTS if not name.endswith(" full") or name.split()[0] in world.volumes]


def strike(name: str, world: World, traffic: Traffic) -> list[str]:
    """Do it; what has just died by itself cannot be killed again."""
    try:
        return FAULTS[name].strike(world, traffic)
    except (psutil.NoSuchProcess, OSError):
        return []
