"""How far runs are, said truthfully and seldom: a thread renews their leases while the work goes on."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from services import errors, runs
from services.resources import Resources
from services.runs import Claim

SPEAK_EVERY_S = 0.5
"""A stage that begins sooner after the last write is said with a later one: small files write none at all."""


@dataclass(slots=True)
class Reached:
    """How far one claimed run is, and whether it was taken over, paused or cancelled meanwhile."""

    claim: Claim
    stage: str = ""
    done: int = 0
    total: int = 0
    is_lost: bool = False


class Together:
    """Stages and counts of runs that are done together; each can be lost, and ends, on its own.

    Writes are at most one each `heartbeat_s`, and one as a stage begins, because SQLite has one writer.
    """

    def __init__(self, claims: Sequence[Claim], resources: Resources) -> None:
        self._resources = resources
        self._runs = {claim.run_id: Reached(claim) for claim in claims}
        self._said_at = time.monotonic()
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="run-heartbeat", daemon=True)

    @property
    def open(self) -> list[Claim]:
        """The runs that have not ended and were not lost."""
        with self._guard:
            return [run.claim for run in self._runs.values() if not run.is_lost]

    def enter(self, stage: str, totals: Mapping[str, int], *, at_once: bool = False) -> None:
        """These runs begin a stage of so many steps; said at once, or soon."""
        with self._guard:
            for run_id in totals.keys() & self._runs.keys():
                run = self._runs[run_id]
                run.stage, run.done, run.total = stage, 0, totals[run_id]
        if at_once or time.monotonic() - self._said_at >= SPEAK_EVERY_S:
            self.say()

    def reach(self, run_id: str, done: int) -> None:
        """So many steps of the stage are done; said with the next heartbeat."""
        with self._guard:
            if run_id in self._runs:
                self._runs[run_id].done = done

    def require(self, run_id: str) -> None:
        """errors.LeaseLost once the run was taken over, paused or cancelled, so that work on it stops."""
        with self._guard:
            run = self._runs.get(run_id)
        if run is None or run.is_lost:
            raise errors.LeaseLost

    def require_any(self) -> None:
        """errors.LeaseLost once there is nothing left to work for."""
        if not self.open:
            raise errors.LeaseLost

    def end(self, run_id: str) -> None:
        """The run has ended: its lease is renewed no more."""
        with self._guard:
            self._runs.pop(run_id, None)

    def say(self) -> None:
        """Write how far each is and renew the leases, all in one transaction."""
        self._said_at = time.monotonic()
        with self._guard:
            # In one order for all, so that of two who write the same rows one waits for the other.
            held = sorted(self._runs.values(), key=lambda run: run.claim.run_id)
        with self._resources.transactions.write() as session:
            for run in held:
                try:
                    runs.progress(
                        session,
                        run.claim,
                        run.stage,
                        run.done,
                        run.total,
                        lease_s=self._resources.settings.ingestion.lease_s,
                    )
                except errors.LeaseLost:
                    run.is_lost = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._resources.settings.ingestion.heartbeat_s):
            try:
                self.say()
            except errors.Unavailable:
                continue  # the leases outlive a few missed beats


class Progress:
    """Stage and counts of one run; every call raises errors.LeaseLost once it was lost."""

    def __init__(self, claim: Claim, resources: Resources) -> None:
        self._run_id = claim.run_id
        self._together = Together([claim], resources)

    def enter(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps, and say so at once."""
        self._together.enter(stage, {self._run_id: total}, at_once=True)
        self._together.require(self._run_id)

    def reach(self, done: int) -> None:
        """So many steps of the stage are done; said with the next heartbeat."""
        self._together.reach(self._run_id, done)
        self._together.require(self._run_id)

    def __enter__(self) -> Self:
        self._together.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._together.__exit__(kind, error, trace)
