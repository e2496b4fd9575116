"""Rounds of chaos: people work, something dies at a random moment, everything settles, all is compared."""

import random
import time
from dataclasses import dataclass, field

import httpx
from sqlalchemy import func, select

from services import errors
from services.database.tables.library import Purge
from services.database.tables.runs import Run
from tests.chaos import faults, hardships
from tests.chaos.journal import Journal
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import Verdict, compare
from tests.chaos.world import World

STRIKES_WITHIN_S = 2.5
SETTLES_WITHIN_S = 240.0
LOOK_EVERY_S = 0.2
OPEN = ("waiting", "running")
RETRYABLE = ("failed", "quarantined")
PATIENCE = {"HOLDFAST_ENGINE__TIMEOUT_S": str(hardships.ENGINE_PATIENCE_S)}


@dataclass
class Outcome:
    """What the rounds of one fault came to; times in seconds from the fault until everything was settled."""

    fault: str
    verdict: Verdict = field(default_factory=Verdict)
    wrong_endings: int = 0
    recoveries: list[float] = field(default_factory=list)
    unsettled: int = 0


def play(fault: str, world: World, journal: Journal, chance: random.Random, outcome: Outcome) -> None:
    """One round of one fault."""
    traffic = Traffic(world.stack, journal, chance)
    moment = chance.uniform(0, STRIKES_WITHIN_S)
    thread = traffic.start(chance.randrange(3, 9))
    began = time.monotonic()
    world.stack.tend_until(lambda: time.monotonic() - began >= moment)
    struck = time.monotonic()
    wrong = faults.strike(fault, world, traffic)
    world.stack.tend_until(lambda: not thread.is_alive())
    _put_right(fault, world, outcome)
    traffic.raise_error()
    outcome.recoveries.append(time.monotonic() - struck)
    for how in wrong:
        print(f"{fault}: a stream of its own: {how}", flush=True)
    outcome.wrong_endings += len(wrong) + traffic.wrong_endings(api_died=fault in faults.THE_API_ENDS)
    outcome.verdict.add(compare(world.stack, journal, traffic.touched))
    world.stack.forget_deaths()


def _put_right(fault: str, world: World, outcome: Outcome) -> None:
    """Lift the fault, and see that everything settles: with it where it must be lived with, and without."""
    lift = faults.FAULTS[fault].lift
    if lift is not None and faults.FAULTS[fault].settles_first:
        _must_settle(world, outcome)
    if lift is not None:
        lift(world)
    _must_settle(world, outcome)


def _must_settle(world: World, outcome: Outcome) -> None:
    if not settle(world):
        outcome.unsettled += 1
        outcome.verdict.lost.append(f"not settled within {SETTLES_WITHIN_S:.0f} s")


def settle(world: World) -> bool:
    """Whether every part is ready, no run is open, no removal is pending and the index is filled, in time.

    A job whose parser was killed has failed with a reason, and is tried again, as a person would.
    """
    ends_at = time.monotonic() + SETTLES_WITHIN_S
    while time.monotonic() < ends_at:
        look_again = time.monotonic() + LOOK_EVERY_S  # first of all, or who has just died is taken for ready
        world.stack.tend_until(lambda: time.monotonic() > look_again)  # noqa: B023  (called before it changes)
        if _is_settled(world):
            return True
    return False


def _is_settled(world: World) -> bool:
    """Asked of a database that may still be coming back."""
    try:
        _retry_failed(world)
        return world.stack.all_ready() and _is_quiet(world) and _is_filled(world)
    except (errors.Unavailable, httpx.TransportError):
        return False


def _is_quiet(world: World) -> bool:
    with world.stack.transactions.read() as session:
        running = session.scalar(select(func.count()).where(Run.kind == "ingest", Run.state.in_(OPEN)))
        failed = session.scalar(select(func.count()).where(Run.kind == "ingest", Run.state.in_(RETRYABLE)))
        pending = session.scalar(select(func.count()).where(Purge.done_at.is_(None)))
    return not running and not failed and not pending


def _is_filled(world: World) -> bool:
    """Upkeep has filled the index again, where it was wiped."""
    return sorted(world.stack.index.all_ids()) == world.stack.visible_chunks()


def _retry_failed(world: World) -> None:
    with world.stack.transactions.read() as session:
        failed = session.scalars(select(Run.id).where(Run.kind == "ingest", Run.state.in_(RETRYABLE))).all()
    if failed:
        with world.stack.another_client() as client:
            for run_id in failed:
                client.post(f"/api/v1/jobs/{run_id}/retry")
