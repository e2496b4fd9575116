"""Makes the chunk index equal to SQL again: every id compared, repaired both ways, tombstones cleared."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ingestion.arrays import read_array
from ingestion.progress import Progress
from services import errors, generations, runs
from services.database import changes
from services.database.session import now
from services.database.tables.library import (
    PROCESSING,
    VISIBLE,
    WAITING,
    ChunkRow,
    Document,
    Purge,
    Version,
)
from services.resources import Resources

log = logging.getLogger(__name__)
BATCH = 1000
REBUILD = "rebuild"
"""Key of a repair run's payload: fill the chunk index anew instead of comparing it only."""
SIGHTINGS = 2
"""A tombstone is cleared at its second sighting, so that a worker that was publishing has ended."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many vectors were put back, taken out, and given their scope again."""

    restored: int = 0
    removed: int = 0
    rescoped: int = 0


def repair(run_id: str, worker: str, resources: Resources) -> None:
    """Do the repair run, if it is to be had."""
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker=worker, lease_s=resources.settings.ingestion.lease_s)
    if claim is None:
        return
    try:
        with Progress(claim, resources) as progress:
            if claim.payload.get(REBUILD):
                copy_everything(resources, progress)
            progress.enter("compare", 1)
            repaired = make_equal(resources)
            progress.enter("purge", 1)
            purge_tombstones(resources)
        with resources.transactions.write() as session:
            runs.finish(session, claim)
        log.info("index repaired", extra={"restored": repaired.restored, "removed": repaired.removed})
    except errors.LeaseLost:
        return
    except errors.Unavailable as error:
        with resources.transactions.write() as session:
            runs.hand_back(session, claim, error)


def copy_everything(resources: Resources, progress: Progress) -> None:
    """Empty the chunk index and fill it from the stored arrays; nothing is parsed or embedded again."""
    resources.chunk_index.clear()
    with resources.transactions.read() as session:
        statement = select(Version.id).join(Document, Document.id == Version.document_id)
        versions = session.scalars(
            statement.where(Version.state == VISIBLE, Document.deleted_at.is_(None))
        ).all()
    progress.enter("copy", len(versions))
    for done, version_id in enumerate(versions, start=1):
        _restore(version_id, resources)
        progress.reach(done)


def make_equal(resources: Resources) -> Repaired:
    """Compare every id of SQL's visible chunks with the index and repair both ways."""
    stored = dict(resources.chunk_index.entries())
    with resources.transactions.read() as session:
        generations.require_live(session, resources.lock.generation)
        before = changes.newest_position(session)
        wanted = _wanted_scopes(session)
        arriving = _arriving_ids(session)
    _say_what_sql_holds(before, list(wanted), resources)
    missing = [chunk_id for chunk_id in wanted if chunk_id not in stored]
    foreign = [chunk_id for chunk_id in stored if chunk_id not in wanted and chunk_id not in arriving]
    moved = [chunk_id for chunk_id in wanted if chunk_id in stored and stored[chunk_id] != wanted[chunk_id]]
    resources.chunk_index.delete(foreign)
    for scope, ids in _by_scope(moved, wanted):
        resources.chunk_index.set_scope(ids, scope)
    restored = sum(_restore(version_id, resources) for version_id in _versions_of(missing, resources))
    return Repaired(restored=restored, removed=len(foreign), rescoped=len(moved))


def purge_tombstones(resources: Resources) -> None:
    """Clear what removed versions left, at the second sighting and never while a run on them is open."""
    with resources.transactions.write() as session:
        due = []
        for purge in session.scalars(select(Purge).where(Purge.done_at.is_(None))):
            purge.sightings += 1
            if purge.sightings >= SIGHTINGS and not runs.is_open(session, purge.version_id):
                due.append(purge.version_id)
    for version_id in due:
        _clear(version_id, resources)


def _clear(version_id: str, resources: Resources) -> None:
    with resources.transactions.read() as session:
        ids = session.scalars(select(ChunkRow.id).where(ChunkRow.version_id == version_id)).all()
    resources.chunk_index.delete(ids)
    if resources.chunk_index.existing(ids):
        raise errors.IndexUnavailable("The chunk index kept what it was told to delete")
    with resources.transactions.write() as session:
        changes.lock_files(session)
        version = session.get_one(Version, version_id)
        document = session.get_one(Document, version.document_id)
        if document.deleted_at is not None:
            session.execute(delete(ChunkRow).where(ChunkRow.version_id == version_id))
            for digest in _files_only_of(session, version):
                resources.files.delete(digest)
        purge = session.get_one(Purge, version_id)
        purge.done_at, purge.vectors = now(), len(ids)


def _files_only_of(session: Session, version: Version) -> list[str]:
    """Digests that no version of a living document shares with this one."""
    digests = {version.file_digest, version.text_digest, version.vectors_digest} - {None}
    shared: set[str | None] = set()
    for column in (Version.file_digest, Version.text_digest, Version.vectors_digest):
        shared.update(
            session.scalars(
                select(column)
                .join(Document, Document.id == Version.document_id)
                .where(column.in_(digests), Document.deleted_at.is_(None))
            )
        )
    return [digest for digest in digests if digest is not None and digest not in shared]


def _wanted_scopes(session: Session) -> dict[str, int]:
    """Chunk id → scope of everything that should be findable."""
    rows = session.execute(
        select(ChunkRow.id, Document.scope_id)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.deleted_at.is_(None))
    )
    return dict(rows.all())


def _arriving_ids(session: Session) -> set[str]:
    """Ids that a worker may be writing just now."""
    return set(
        session.scalars(
            select(ChunkRow.id)
            .join(Version, Version.id == ChunkRow.version_id)
            .where(Version.state.in_((WAITING, PROCESSING)))
        )
    )


def _say_what_sql_holds(position: int, chunk_ids: Sequence[str], resources: Resources) -> None:
    """The replicas compare themselves with it; not said where something was published meanwhile."""
    with resources.transactions.write() as session:
        if changes.newest_position(session) == position:
            generations.checked(session, resources.lock.generation, position, chunk_ids)


def _by_scope(ids: Sequence[str], wanted: dict[str, int]) -> Iterator[tuple[int, list[str]]]:
    for scope in {wanted[chunk_id] for chunk_id in ids}:
        yield scope, [chunk_id for chunk_id in ids if wanted[chunk_id] == scope]


def _versions_of(ids: Sequence[str], resources: Resources) -> set[str]:
    found: set[str] = set()
    with resources.transactions.read() as session:
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            found.update(session.scalars(select(ChunkRow.version_id).where(ChunkRow.id.in_(part))))
    return found


def _restore(version_id: str, resources: Resources) -> int:
    """Copy one version's vectors from the file store into the index; nothing is embedded again."""
    with resources.transactions.read() as session:
        version = session.get_one(Version, version_id)
        document = session.get_one(Document, version.document_id)
        ids = session.scalars(
            select(ChunkRow.id).where(ChunkRow.version_id == version_id).order_by(ChunkRow.ordinal)
        ).all()
    try:
        vectors = read_array(resources.files.read_bytes(version.vectors_digest or ""))
    except errors.NotFound:  # one lost file must not keep the others from coming back
        log.exception("a version's vectors are gone; ingest it again", extra={"version": version_id})
        return 0
    resources.chunk_index.upsert(ids, vectors, document.scope_id)
    return len(ids)
