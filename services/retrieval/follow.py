"""The lexical index and the vector file follow SQL: later changes are applied, or everything is read anew."""

import logging
from collections.abc import Callable, Collection, Iterator
from threading import RLock
from typing import Protocol

from sqlalchemy.orm import Session

from services import errors, generations
from services.adapters.vector_file import read_array
from services.adapters.vector_segment import VersionVectors
from services.database import changes
from services.resources import Resources
from services.retrieval import queries
from services.retrieval.queries import StoredVectors

log = logging.getLogger(__name__)
CHANGES_AT_ONCE = 200


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

    def add(session: Session, versions: Collection[str]) -> None:
        lexical.add(queries.entries(session, versions))

    return _follow(lexical, resources, at_most, read_words_anew, add)


def catch_up_vectors(resources: Resources, *, at_most: int | None = None) -> int:
    """Bring the vector file to the newest change; returns how many changes it is still behind."""
    vectors = resources.vectors

    def add(session: Session, versions: Collection[str]) -> None:
        vectors.add(_vectors(resources, queries.stored_vectors(session, versions)))

    return _follow(vectors, resources, at_most, read_vectors_anew, add)


def read_words_anew(resources: Resources) -> None:
    """Fill the lexical index from SQL; what it held is found until all is there."""
    with resources.lexical.writing(), resources.transactions.read() as session:
        # Read before the chunks: what is published meanwhile is applied again, never missed.
        newest = changes.newest_position(session)
        resources.lexical.replace(queries.entries(session), newest)
    log.info("index rebuilt", extra={"index": "lexical", "position": newest})


def read_vectors_anew(resources: Resources) -> None:
    """Fill the vector file from SQL and the stored arrays; nothing is embedded again."""
    with resources.vectors.writing(), resources.transactions.read() as session:
        newest = changes.newest_position(session)
        resources.vectors.write(_vectors(resources, queries.stored_vectors(session)), newest)
    log.info("index rebuilt", extra={"index": "vectors", "position": newest})


def _follow(
    index: Follower,
    resources: Resources,
    at_most: int | None,
    read_anew: Callable[[Resources], None],
    add: Callable[[Session, Collection[str]], None],
) -> int:
    with resources.transactions.read() as session:
        generations.require_live(session, resources.lock.generation)
        newest = changes.newest_position(session)
    behind = newest - index.position()
    if behind == 0 or (at_most is not None and not 0 < behind <= at_most):
        return abs(behind)
    with index.writing():
        position = index.position()  # another thread may have done it while this one waited
        if position == 0 or position > newest:  # past the newest: SQL was set back
            read_anew(resources)
        else:
            _apply_changes(index, resources, position, add)
    return 0


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
