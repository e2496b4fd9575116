"""How far a run is, said truthfully and seldom: a thread renews the lease while the work goes on."""

import threading
from types import TracebackType
from typing import Self

from services import errors, runs
from services.resources import Resources
from services.runs import Claim


class Progress:
    """Stage and counts of one claimed run.

    Every call raises errors.LeaseLost once the run was taken over or cancelled, so that work on it stops.
    Writes are at most one each `heartbeat_s`, because SQLite has one writer.
    """

    def __init__(self, claim: Claim, resources: Resources) -> None:
        self._claim, self._resources = claim, resources
        self._stage, self._done, self._total = "", 0, 0
        self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="run-heartbeat", daemon=True)

    def enter(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps, and say so at once."""
        self._stage, self._done, self._total = stage, 0, total
        self._write()
        self._check()

    def reach(self, done: int) -> None:
        """So many steps of the stage are done; said with the next heartbeat."""
        self._done = done
        self._check()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _check(self) -> None:
        if self._lost:
            raise errors.LeaseLost

    def _beat(self) -> None:
        while not self._ended.wait(self._resources.settings.ingestion.heartbeat_s):
            try:
                self._write()
            except errors.Unavailable:
                continue  # the lease outlives a few missed beats

    def _write(self) -> None:
        settings = self._resources.settings.ingestion
        try:
            with self._resources.transactions.write() as session:
                runs.progress(
                    session, self._claim, self._stage, self._done, self._total, lease_s=settings.lease_s
                )
        except errors.LeaseLost:
            self._lost = True
