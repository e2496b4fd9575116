"""The lexical index follows SQL: the changes since its position are applied, or everything is read anew."""

import logging
import os
import socket
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from services import errors
from services.database import changes
from services.database.session import now
from services.resources import Resources
from services.retrieval import queries

log = logging.getLogger(__name__)
CHANGES_AT_ONCE = 200
EVERY_S = 1.0
# SQLite has one writer: a replica says how far it is at most this often.
REPORT_EVERY_S = 5.0


def catch_up(resources: Resources, *, at_most: int | None = None) -> int:
    """Bring the lexical index to the newest change; returns how many changes it is still behind.

    With `at_most`, a longer way than that is left to the follower's thread, so that no search waits for it.
    """
    lexical = resources.lexical
    with resources.transactions.read() as session:
        newest = changes.newest_position(session)
    behind = newest - lexical.position()
    if behind == 0 or (at_most is not None and not 0 < behind <= at_most):
        return abs(behind)
    with lexical.writing():
        position = lexical.position()  # another thread may have done it while this one waited
        if position == 0 or position > newest:
            _rebuild(resources)
        else:
            _apply_changes(resources, position)
    return 0


def _rebuild(resources: Resources) -> None:
    """Read every visible chunk from SQL; a position past SQL's newest means that SQL was set back."""
    lexical = resources.lexical
    lexical.clear()
    with resources.transactions.read() as session:
        # Read before the chunks: what is published meanwhile is applied again, never missed.
        newest = changes.newest_position(session)
        lexical.add(queries.entries(session))
    lexical.commit(newest)
    log.info("lexical index rebuilt", extra={"position": newest})


def _apply_changes(resources: Resources, position: int) -> None:
    """Bring each changed version to what SQL says of it now, which is right whatever was done in between."""
    lexical = resources.lexical
    while True:
        with resources.transactions.read() as session:
            following = queries.changes_after(session, position, CHANGES_AT_ONCE)
            if not following:
                return
            touched = {change.version_id for change in following}
            for version_id in touched:
                lexical.remove_version(version_id)
            lexical.add(queries.entries(session, touched))
        position = following[-1].position
        lexical.commit(position)


class LexicalFollower:
    """The thread of an api that keeps its lexical index up to date and says how far it is.

    with LexicalFollower(resources) as follower: ...
    """

    def __init__(self, resources: Resources, *, every_s: float = EVERY_S) -> None:
        self._resources = resources
        self._every_s = every_s
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._woken, self._ended = Event(), Event()
        self._reported_at = 0.0
        self._thread = Thread(target=self._run, name="lexical-follower", daemon=True)

    def wake(self) -> None:
        """Look at once instead of at the next second."""
        self._woken.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._woken.set()
        self._thread.join()
        self._try(self._leave)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            self._try(self._step)
            self._woken.wait(self._every_s)

    def _step(self) -> None:
        catch_up(self._resources)
        if monotonic() - self._reported_at >= REPORT_EVERY_S:
            self._report()
            self._reported_at = monotonic()

    def _report(self) -> None:
        lexical = self._resources.lexical
        position, chunks = lexical.position(), lexical.count()
        with self._resources.transactions.write() as session:
            queries.write_replica(session, self._name, position, chunks, now())

    def _leave(self) -> None:
        with self._resources.transactions.write() as session:
            queries.forget_replica(session, self._name)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except errors.HoldfastError as error:
            # The next second tries again; until then search says that it is degraded.
            log.warning("lexical index cannot follow", extra={"code": error.code})
