"""The lexical index and the vector file follow SQL: later changes are applied, or everything is read anew."""

import logging
import os
import socket
from collections.abc import Callable, Collection, Iterator
from threading import Event, RLock, Thread
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy.orm import Session

from services import errors
from services.adapters.vector_file import read_array
from services.adapters.vector_segment import VersionVectors
from services.database import changes
from services.database.session import now
from services.resources import Resources
from services.retrieval import queries
from services.retrieval.queries import StoredVectors

log = logging.getLogger(__name__)
CHANGES_AT_ONCE = 200
EVERY_S = 1.0
# SQLite has one writer: a replica says how far it is at most this often.
REPORT_EVERY_S = 5.0


class Follower(Protocol):
    """What both followers are to this module."""

    def writing(self) -> RLock: ...
    def position(self) -> int: ...
    def remove_version(self, version_id: str) -> None: ...
    def commit(self, position: int) -> None: ...


def catch_up(resources: Resources, *, at_most: int | None = None) -> int:
    """Bring the lexical index to the newest change; returns how many changes it is still behind.

    With `at_most`, a longer way than that is left to the follower's thread, so that no search waits for it.
    """
    lexical = resources.lexical

    def read_all(session: Session, newest: int) -> None:
        lexical.clear()
        lexical.add(queries.entries(session))
        lexical.commit(newest)

    def add(session: Session, versions: Collection[str]) -> None:
        lexical.add(queries.entries(session, versions))

    return _follow(lexical, resources, at_most, read_all, add)


def catch_up_vectors(resources: Resources, *, at_most: int | None = None) -> int:
    """Bring the vector file to the newest change; returns how many changes it is still behind."""
    vectors = resources.vectors

    def read_all(session: Session, newest: int) -> None:
        vectors.write(_vectors(resources, queries.stored_vectors(session)), newest)

    def add(session: Session, versions: Collection[str]) -> None:
        vectors.add(_vectors(resources, queries.stored_vectors(session, versions)))

    return _follow(vectors, resources, at_most, read_all, add)


def _follow(
    index: Follower,
    resources: Resources,
    at_most: int | None,
    read_all: Callable[[Session, int], None],
    add: Callable[[Session, Collection[str]], None],
) -> int:
    with resources.transactions.read() as session:
        newest = changes.newest_position(session)
    behind = newest - index.position()
    if behind == 0 or (at_most is not None and not 0 < behind <= at_most):
        return abs(behind)
    with index.writing():
        position = index.position()  # another thread may have done it while this one waited
        if position == 0 or position > newest:
            _read_all(resources, read_all)
        else:
            _apply_changes(index, resources, position, add)
    return 0


def _read_all(resources: Resources, read_all: Callable[[Session, int], None]) -> None:
    """Read everything visible from SQL; a position past SQL's newest means that SQL was set back."""
    with resources.transactions.read() as session:
        # Read before the chunks: what is published meanwhile is applied again, never missed.
        newest = changes.newest_position(session)
        read_all(session, newest)
    log.info("index rebuilt", extra={"index": read_all.__qualname__.partition(".")[0], "position": newest})


def _apply_changes(
    index: Follower, resources: Resources, position: int, add: Callable[[Session, Collection[str]], None]
) -> None:
    """Bring each changed version to what SQL says of it now, which is right whatever was done in between."""
    while True:
        with resources.transactions.read() as session:
            following = queries.changes_after(session, position, CHANGES_AT_ONCE)
            if not following:
                return
            touched = {change.version_id for change in following}
            for version_id in touched:
                index.remove_version(version_id)
            add(session, touched)
        position = following[-1].position
        index.commit(position)


def _vectors(resources: Resources, stored: Iterator[StoredVectors]) -> Iterator[VersionVectors]:
    """The versions with their stored vectors; nothing is embedded again."""
    for version in stored:
        if version.digest is None:  # a version without chunks, or one that was never embedded
            continue
        try:
            vectors = read_array(resources.files.read_bytes(version.digest))
        except (errors.NotFound, ValueError):  # one lost file must not keep the others out
            log.exception("vectors are gone; ingest the version again", extra={"version": version.version_id})
            continue
        if len(vectors) == len(version.chunk_ids):
            yield VersionVectors(version.version_id, version.scope, version.chunk_ids, vectors)


class IndexFollower:
    """The thread of an api that keeps its own indexes up to date and says how far they are.

    with IndexFollower(resources) as follower: ...
    """

    def __init__(self, resources: Resources, *, every_s: float = EVERY_S) -> None:
        self._resources = resources
        self._every_s = every_s
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._woken, self._ended = Event(), Event()
        self._reported_at = 0.0
        self._thread = Thread(target=self._run, name="index-follower", daemon=True)

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
            for step in (self._follow_words, self._follow_vectors, self._report):
                self._try(step)
            self._woken.wait(self._every_s)

    def _follow_words(self) -> None:
        catch_up(self._resources)

    def _follow_vectors(self) -> None:
        catch_up_vectors(self._resources)
        self._resources.vectors.settle()

    def _report(self) -> None:
        if monotonic() - self._reported_at < REPORT_EVERY_S:
            return
        lexical, vectors = self._resources.lexical, self._resources.vectors
        position, chunks = min(lexical.position(), vectors.position()), lexical.count()
        with self._resources.transactions.write() as session:
            queries.write_replica(session, self._name, position, chunks, now())
        self._reported_at = monotonic()

    def _leave(self) -> None:
        with self._resources.transactions.write() as session:
            queries.forget_replica(session, self._name)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except errors.HoldfastError as error:
            # The next second tries again; until then search says that it is degraded.
            log.warning("an index cannot follow", extra={"code": error.code})
