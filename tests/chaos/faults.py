"""What is done to the system, each at a moment drawn by chance."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from sqlalchemy import select

from services.adapters.job_queue import INGEST_TASK, JobQueue
from services.database.tables.runs import Run
from tests.chaos.database import Database
from tests.stack import Stack


@dataclass(frozen=True)
class World:
    """The processes and their database."""

    stack: Stack
    database: Database


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


FAULTS: dict[str, Callable[[World], None]] = {
    "worker": kill_worker,
    "child": kill_child,
    "redis": kill_redis,
    "flushall": flush_redis,
    "chroma": kill_chroma,
    "chroma wiped": wipe_chroma,
    "postgres": kill_database,
    "api": kill_api,
    "upkeep": kill_upkeep,
    "engine": kill_engine,
    "repeated messages": repeat_messages,
}
# The five processes that issue 3 asks 50 rounds of.
INGESTING = ("worker", "child", "redis", "chroma", "postgres")


def strike(name: str, world: World) -> None:
    """Do it; what has just died by itself cannot be killed again."""
    try:
        FAULTS[name](world)
    except (psutil.NoSuchProcess, OSError):
        return
