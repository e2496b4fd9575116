"""Which index generation is live, what it should hold, and how another one takes its place.

A generation is named by what its vectors and chunks depend on (embedder and chunker), so a process knows its
own from its lock. The live one's chunks and vectors are what `chunks` and `versions` say; what another holds
lies in `generation_versions` and comes in, all of it in one transaction, when it is switched to.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from services import errors
from services.adapters.file_store import FileStore
from services.database import changes
from services.database.session import now
from services.database.tables.generations import (
    BUILDING,
    KEPT,
    LIVE,
    READY,
    GenerationVersion,
    IndexGeneration,
)
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.release import Lock

MARK_DIGITS = 6
CHUNK_FIELDS = (
    "id",
    "ordinal",
    "text",
    "prefix",
    "start",
    "end",
    "heading_path",
    "first_page",
    "last_page",
    "tokens",
    "kind",
)


def mark_of(chunk_ids: Iterable[str]) -> int:
    """A sum over the ids that equal sets share: of the first 24 bits of each."""
    return sum(int(chunk_id[:MARK_DIGITS], 16) for chunk_id in chunk_ids)


def live(session: Session) -> IndexGeneration | None:
    """The generation that answers; None before the first was noted."""
    return session.scalar(select(IndexGeneration).where(IndexGeneration.state == LIVE))


def live_name(session: Session) -> str | None:
    return session.scalar(select(IndexGeneration.name).where(IndexGeneration.state == LIVE))


def note(session: Session, lock: Lock) -> IndexGeneration:
    """The lock's generation; the first one there ever was is live, a later one is to be built."""
    found = session.get(IndexGeneration, lock.generation)
    if found is None:
        first = live_name(session) is None
        found = IndexGeneration(
            name=lock.generation,
            embedder=lock.embedder.digest,
            chunker=lock.ingestion.chunker,
            state=LIVE if first else BUILDING,
            live_since=now() if first else None,
        )
        session.add(found)
        session.flush()
    return found


def note_beside(session: Session, lock: Lock) -> IndexGeneration:
    """The lock's generation, to be built beside the live one; errors.Conflict where that is the same."""
    before = live_name(session)
    if before is None:
        raise errors.Conflict("No index generation is noted yet; the api notes it when it starts")
    if before == lock.generation:
        raise errors.Conflict("This lock's embedder and chunker are the live generation's")
    return note(session, lock)


def require_live(session: Session, generation: str) -> None:
    """errors.IndexUnavailable where another generation answers: this process has another release's lock."""
    name = live_name(session)
    if name not in (None, generation):
        raise errors.IndexUnavailable(
            "Another index generation is live; start this process with its release's lock"
        )


def every(session: Session) -> Sequence[IndexGeneration]:
    """All generations, the newest first."""
    return session.scalars(select(IndexGeneration).order_by(IndexGeneration.made_at.desc())).all()


def versions_held(session: Session, generation: str) -> int:
    """How many versions a generation that is not live holds."""
    held = select(func.count()).select_from(GenerationVersion)
    return session.scalar(held.where(GenerationVersion.generation == generation)) or 0


def missing_versions(session: Session, generation: str, limit: int | None = None) -> Sequence[str]:
    """Visible versions that the generation does not hold yet."""
    held = exists().where(
        GenerationVersion.generation == generation, GenerationVersion.version_id == Version.id
    )
    statement = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.deleted_at.is_(None), ~held)
        .order_by(Version.id)
    )
    return session.scalars(statement.limit(limit)).all()


def checked(session: Session, generation: str, position: int, chunk_ids: Sequence[str]) -> None:
    """Note what SQL holds at a position of the change log, for the replicas to compare themselves with."""
    values = {
        "checked_position": position,
        "checked_chunks": len(chunk_ids),
        "checked_mark": mark_of(chunk_ids),
        "checked_at": now(),
    }
    session.execute(update(IndexGeneration).where(IndexGeneration.name == generation).values(**values))


def ask_for_rebuild(session: Session) -> IndexGeneration:
    """Every replica makes its indexes anew from SQL and the stored arrays, once."""
    generation = live(session)
    if generation is None:
        raise errors.Conflict("No index generation is noted yet; the api notes it when it starts")
    generation.rebuilds += 1
    return generation


def switch(session: Session, name: str, files: FileStore) -> None:
    """Make a generation the one that answers; the one before is kept for return.

    errors.Conflict unless it holds every visible version. Nothing is published meanwhile.
    """
    changes.lock_order(session)
    wanted, before = _existing(session, name), live(session)
    if before is not None and before.name == name:
        raise errors.Conflict(f"The generation {name} is live already")
    missing = len(missing_versions(session, name))
    if missing:
        raise errors.Conflict(f"The generation {name} lacks {missing} versions: build it to the end first")
    if before is not None:
        _keep(session, before, files)
        before.state, before.live_since = KEPT, None
        session.flush()
    for held in session.scalars(select(GenerationVersion).where(GenerationVersion.generation == name)):
        _bring_in(session, held, files)
    session.execute(delete(GenerationVersion).where(GenerationVersion.generation == name))
    wanted.state, wanted.live_since = LIVE, now()
    wanted.checked_position = wanted.checked_chunks = wanted.checked_mark = 0


def drop(session: Session, name: str) -> None:
    """Forget a generation that is not live; upkeep clears the files that were its own."""
    generation = _existing(session, name)
    if generation.state == LIVE:
        raise errors.Conflict("The live generation cannot be dropped; switch to another first")
    session.execute(delete(GenerationVersion).where(GenerationVersion.generation == name))
    session.delete(generation)


def hold(session: Session, held: GenerationVersion) -> None:
    """Note what a generation holds of a version; a version that went meanwhile is left out."""
    if session.get(Version, held.version_id) is not None:
        session.merge(held)


def finish_building(session: Session, name: str) -> bool:
    """Say that a generation is whole, if it is."""
    generation = _existing(session, name)
    if missing_versions(session, name, limit=1):
        return False
    if generation.state == BUILDING:
        generation.state = READY
    return True


def chunks_of(session: Session, version_id: str) -> list[dict[str, Any]]:
    """A version's chunk rows as plain values, in order."""
    statement = select(ChunkRow).where(ChunkRow.version_id == version_id).order_by(ChunkRow.ordinal)
    return [{name: getattr(row, name) for name in CHUNK_FIELDS} for row in session.scalars(statement)]


def as_file(chunks: Sequence[dict[str, Any]], chunker: str, page_spans: Sequence[Any]) -> bytes:
    """Chunk rows as they are kept for a generation that is not live, with the pages they lie on."""
    kept = {"chunker": chunker, "page_spans": list(page_spans), "chunks": list(chunks)}
    return json.dumps(kept, ensure_ascii=False).encode()


def _existing(session: Session, name: str) -> IndexGeneration:
    found = session.get(IndexGeneration, name)
    if found is None:
        raise errors.NotFound(f"There is no index generation {name!r}")
    return found


def _keep(session: Session, before: IndexGeneration, files: FileStore) -> None:
    """Write down what the live generation holds, so that it can come back."""
    statement = select(Version).join(Document, Document.id == Version.document_id)
    for version in session.scalars(statement.where(Version.state == VISIBLE, Document.deleted_at.is_(None))):
        if version.vectors_digest is None or version.text_digest is None:
            continue
        rows = chunks_of(session, version.id)
        kept = GenerationVersion(
            generation=before.name,
            version_id=version.id,
            text_digest=version.text_digest,
            vectors_digest=version.vectors_digest,
            chunks_digest=files.save_bytes(as_file(rows, version.chunker, version.page_spans)),
            chunks=len(rows),
        )
        hold(session, kept)


def _bring_in(session: Session, held: GenerationVersion, files: FileStore) -> None:
    kept = json.loads(files.read_bytes(held.chunks_digest))
    session.execute(delete(ChunkRow).where(ChunkRow.version_id == held.version_id))
    if kept["chunks"]:
        session.execute(insert(ChunkRow), [row | {"version_id": held.version_id} for row in kept["chunks"]])
    values = {
        "text_digest": held.text_digest,
        "vectors_digest": held.vectors_digest,
        "chunker": kept["chunker"],
        "page_spans": kept["page_spans"],
    }
    session.execute(update(Version).where(Version.id == held.version_id).values(**values))
