"""Holdfast's own processes on free ports in a folder of their own; the engine only when it is asked for.

The same programs as `holdfast up`, started one group after the other: ingestion is measured while no engine
competes for the processor.
"""

import json
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services import release
from services.cli import embedded, prepare
from services.cli.demo import ADMIN
from services.cli.preflight import free_port
from services.cli.supervisor import Program, Supervisor
from services.database import schema
from services.database.session import Transactions, open_engine
from services.settings import Settings
from tests.quality.stack import PEOPLE, EngineFiles, Stack

READY_TIMEOUT_S = 300.0
LOOK_EVERY_S = 0.2


class PartFailed(RuntimeError):
    """A process does not start; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The running processes, how to reach them, and the database that they write."""

    settings: Settings
    stack: Stack
    pids: dict[str, int]
    transactions: Transactions
    start_engine: Callable[[], dict[str, int]]
    """Start the engine and wait for it; its process by name."""

    @property
    def engine(self) -> tuple[str, str]:
        """The engine's address and key."""
        told = tomllib.loads((self.settings.data_dir / "embedded.toml").read_text())["engine"]
        return told["url"], told["api_key"]


@contextmanager
def running(
    files: EngineFiles, data_dir: Path, *, precision: str = "float32", workers: int = 1
) -> Iterator[Parts]:
    """Everything but the engine, ready, with the demo's people; all of it is ended on leaving.

    The embedder computes in `precision`, whatever the lock says. Several workers have a thread each.
    """
    told = {"web": {"port": free_port()}} | ({"ingestion": {"threads": 1}} if workers > 1 else {})
    settings = Settings(data_dir=data_dir.absolute(), **told)
    lock = _lock_with(files.lock, precision, settings.data_dir / "lock.toml")
    places = embedded.Places(files.engine_python.absolute(), lock, files.models.absolute())
    addresses = embedded.Addresses.choose()
    config = embedded.write_settings(settings, places, addresses)
    database = open_engine(settings)
    schema.migrate(database)
    transactions = Transactions(database)
    admin = prepare.prepare(transactions, settings.data_dir / PEOPLE, with_demo=True)
    programs = {one.name: one for one in embedded.programs(settings, places, addresses, config)}
    engine = programs.pop("engine")
    for number in range(2, workers + 1):
        programs[f"worker-{number}"] = _another(programs["worker"], number)
    groups: list[Supervisor] = []
    try:
        pids = _start(list(programs.values()), settings, groups)
        yield Parts(
            settings=settings,
            stack=_stack(settings, admin or ""),
            pids=pids,
            transactions=transactions,
            start_engine=lambda: _start([engine], settings, groups),
        )
    finally:
        for group in reversed(groups):
            group.stop()
        database.dispose()


def _lock_with(path: Path, precision: str, target: Path) -> Path:
    lock = release.read_lock(path)
    release.write_lock(replace(lock, embedder=replace(lock.embedder, precision=precision)), target)
    return target.absolute()


def _another(worker: Program, number: int) -> Program:
    name = f"worker-{number}"
    return replace(worker, name=name, command=[*worker.command, "-n", f"{name}@%h"])


def _start(programs: list[Program], settings: Settings, groups: list[Supervisor]) -> dict[str, int]:
    group = Supervisor(programs, settings.data_dir / "logs")
    groups.append(group)
    group.start()
    _wait(group)
    return {child.program.name: child.process.pid for child in group.children if child.process}


def _wait(group: Supervisor) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not group.all_ready:
        if group.failed or time.monotonic() > deadline:
            late = [child.program.name for child in group.children if child.ready_after_s is None]
            logs = [(group.logs / f"{name}.log").read_text(errors="replace")[-2000:] for name in late]
            raise PartFailed(f"{', '.join(late)}: not ready\n" + "\n".join(logs))
        group.tend()
        time.sleep(LOOK_EVERY_S)


def _stack(settings: Settings, admin_password: str) -> Stack:
    passwords = json.loads((settings.data_dir / PEOPLE).read_text()) | {ADMIN: admin_password}
    return Stack(f"http://127.0.0.1:{settings.web.port}", passwords)
