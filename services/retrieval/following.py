"""The thread of an api that keeps its own indexes up to date and says how far they are."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

from services import errors
from services.resources import Resources
from services.retrieval import follow
from services.retrieval.replicas import Replica

log = logging.getLogger(__name__)
EVERY_S = 1.0


class IndexFollower:
    """`with IndexFollower(resources) as follower:` … its indexes follow SQL until the block ends."""

    def __init__(self, resources: Resources, *, every_s: float = EVERY_S) -> None:
        self._resources = resources
        self._every_s = every_s
        self._replica = Replica(resources)
        self._woken, self._ended = Event(), Event()
        self._thread = Thread(target=self._run, name="index-follower", daemon=True)

    def wake(self) -> None:
        """Look at once instead of at the next second."""
        self._woken.set()

    def lag_s(self) -> float:
        """Seconds since this replica was last seen level with SQL."""
        return self._replica.lag_s()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._woken.set()
        self._thread.join()
        self._try(self._replica.leave)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            self._try(self._follow)
            self._try(self._replica.report_in_time)
            self._woken.wait(self._every_s)

    def _follow(self) -> None:
        follow.catch_up(self._resources)
        follow.catch_up_vectors(self._resources)
        self._replica.level()
        self._resources.vectors.settle()

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except errors.HoldfastError as error:
            # The next second tries again; until then search says that it is degraded.
            log.warning("an index cannot follow", extra={"code": error.code})
