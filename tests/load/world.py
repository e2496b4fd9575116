"""The product under load: its real processes with an engine of given speed, the api alone on one core."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import psutil
from sqlalchemy import select

from services.database.tables.identity import Group
from services.settings import Settings
from tests.company import Company
from tests.ground import provisional_lock
from tests.load.driver import Target
from tests.parts import migrate, running_postgres
from tests.stack import Stack, running_stack

ENGINE = Path(__file__).with_name("engine.py")
COMMAND = "make load"
READ_OUT = "Who looks after the rooms of the Millgate office, request {}?"
QUESTION = "Who keeps the key of the Millgate office?"
KEY = "The porter keeps the key of the Millgate office. The porter is Quentin Marlow."
KEEPERS = ("Quentin Marlow", "Ida Pell", "Tom Hask", "Vera Lind", "Otto Bray", "Nell Frost", "Carl Voss")
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays")
ROOMS = 60
PEOPLE = 20
MIB = 1024**2


@dataclass(frozen=True)
class World:
    """The processes, and the credentials of people who ask."""

    stack: Stack
    targets: Sequence[Target]
    until: Path
    """The engine's answers end once this file is there."""
    moments: Path

    def target(self, number: int) -> Target:
        return self.targets[number % len(self.targets)]

    def api_memory_mib(self) -> float:
        return float(self.stack.process("api").memory_info().rss / MIB)


def rooms_text() -> str:
    """Sentences that all answer one question, each of its own."""
    sentences = [
        f"Room {100 + number} of the Millgate office is looked after by {KEEPERS[number % len(KEEPERS)]}, "
        f"who hands its key out on {DAYS[number % len(DAYS)]} against a signature and takes it back by dusk."
        for number in range(ROOMS)
    ]
    return "# Rooms of the Millgate office\n\n" + "\n\n".join(sentences)


@contextmanager
def running_world(folder: Path, speed: Sequence[str], *, running: int, waiting: int) -> Iterator[World]:
    """Everything started and pinned, on PostgreSQL as in production, and a small library in it."""
    folder.mkdir()
    models = folder / "models"
    models.mkdir()
    until, moments = folder / "until", folder / "moments.jsonl"
    script = [sys.executable, str(ENGINE), *speed, "--until", str(until), "--moments", str(moments)]
    bounds = {"RUNNING": running, "RUNNING_EACH": 100_000, "WAITING": waiting, "WAIT_S": 60}
    more = {f"HOLDFAST_ANSWERS__{name}": str(value) for name, value in bounds.items()}
    lock = provisional_lock(models)
    with _cores() as (first, others), running_postgres(durable=True) as server:
        url = server.database()
        migrate(Settings(data_dir=folder, database={"url": url}))
        with running_stack(
            folder, lock, models, "[]", database_url=url, engine_script=script, more=more
        ) as stack:
            for name, text in (("porter.txt", KEY), ("rooms.md", rooms_text())):
                assert stack.until_ended(stack.upload(name, text)).state == "done"
            _pin_all(stack, first, others)
            yield World(stack, _targets(stack), until, moments)


@contextmanager
def _cores() -> Iterator[tuple[list[int], list[int]]]:
    """The api's core and the others, on which this process and whatever it starts run meanwhile."""
    cores = psutil.Process().cpu_affinity() or [0]
    first, others = cores[:1], cores[1:] or cores
    pin(psutil.Process(), others)
    try:
        yield first, others
    finally:
        pin(psutil.Process(), cores)


def _targets(stack: Stack) -> list[Target]:
    """People with a key each, members of the contributor's group."""
    company = Company(SimpleNamespace(settings=stack.settings, transactions=stack.transactions))
    company.library.groups["staff"] = _group(stack)
    url, found = stack.client.base_url, []
    for number in range(PEOPLE):
        company.person(f"asker-{number}", "staff")
        headers = company.key(f"asker-{number}", "search", "ask")
        found.append(Target(str(url.host), int(url.port or 80), headers["Authorization"]))
    return found


def _group(stack: Stack) -> str:
    with stack.transactions.read() as session:
        return str(session.scalars(select(Group.id).where(Group.name == "staff")).one())


def _pin_all(stack: Stack, first: list[int], others: list[int]) -> None:
    """The api on the first core, everything else on the others."""
    for child in stack.supervisor.children:
        process = stack.process(child.program.name)
        for one in (process, *process.children(recursive=True)):
            pin(one, first if child.program.name == "api" else others)


def pin(process: psutil.Process, cores: list[int]) -> None:
    """Every thread of it: an affinity is a thread's own."""
    for thread in process.threads():
        psutil.Process(thread.id).cpu_affinity(cores)
