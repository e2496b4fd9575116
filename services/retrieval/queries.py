"""The search room's SQL. Every text it hands out is checked against the caller in the same statement."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVarTuple

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from services import errors
from services.adapters.lexical import Entry
from services.database.tables.library import (
    VISIBLE,
    Change,
    ChunkRow,
    Document,
    IndexReplica,
    Scope,
    Version,
)
from services.identity import permissions
from services.identity.callers import Caller
from services.retrieval.filters import Filters

Columns = TypeVarTuple("Columns")
FoundChunk = tuple[ChunkRow, Version, Document]
ROWS_AT_ONCE = 1000


def reach(session: Session, caller: Caller, collections: Collection[str] | None) -> frozenset[int]:
    """The scopes that the caller may search now, within these collections (ids) unless None."""
    scopes = permissions.readable_scopes(session, caller)
    if collections is not None:
        named = select(Scope.id).where(Scope.collection_id.in_(collections))
        scopes &= frozenset(session.scalars(named))
    return scopes


def filtered_versions(
    session: Session, caller: Caller, scopes: Collection[int], filters: Filters
) -> frozenset[str]:
    """The readable versions of these scopes that the filters leave.

    errors.NotFound when a document is named that the caller may not know of.
    """
    readable = permissions.documents_readable_by(caller)
    if filters.document_ids:
        known = select(Document.id).where(Document.id.in_(sorted(filters.document_ids)), readable)
        unknown = filters.document_ids - set(session.scalars(known))
        if unknown:
            raise errors.NotFound("There is no such document")
    statement = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.scope_id.in_(sorted(scopes)), readable, *filters.clauses())
    )
    return frozenset(session.scalars(statement))


def share(session: Session, scopes: Collection[int]) -> float:
    """The share of all documents that lies in these scopes."""
    within = case((Document.scope_id.in_(sorted(scopes)), 1), else_=0)
    counts = select(func.count(), func.coalesce(func.sum(within), 0)).select_from(Document)
    everything, readable = session.execute(counts.where(Document.deleted_at.is_(None))).one()
    return readable / everything if everything else 0.0


def collection_ids(session: Session, caller: Caller, names: Collection[str]) -> frozenset[str]:
    """Ids of the named collections (by id or name); errors.NotFound when the caller may not know of one."""
    readable = permissions.readable_collections(session, caller)
    by_word = {word: collection.id for collection in readable for word in (collection.name, collection.id)}
    unknown = [name for name in names if name not in by_word]
    if unknown:
        raise errors.NotFound(f"There is no collection {unknown[0]!r}")
    return frozenset(by_word[name] for name in names)


def readable_ids(
    session: Session,
    caller: Caller,
    scopes: Collection[int],
    ids: Collection[str],
    versions: Collection[str] | None = None,
) -> set[str]:
    """Those of the chunks that lie in the scopes, and versions, and that the caller may read now."""
    statement = _readable(select(ChunkRow.id, ChunkRow.version_id), caller).where(ChunkRow.id.in_(ids))
    rows = session.execute(statement.where(Document.scope_id.in_(sorted(scopes))))
    return {chunk_id for chunk_id, version_id in rows if versions is None or version_id in versions}


def readable_chunks(
    session: Session, caller: Caller, ids: Collection[str], scopes: Collection[int] | None = None
) -> dict[str, FoundChunk]:
    """The chunks of these ids that the caller may read now, with version and document; of these scopes."""
    statement = _readable(select(ChunkRow, Version, Document), caller).where(ChunkRow.id.in_(ids))
    if scopes is not None:
        statement = statement.where(Document.scope_id.in_(sorted(scopes)))
    return {chunk.id: (chunk, version, document) for chunk, version, document in session.execute(statement)}


def _readable(statement: Select[*Columns], caller: Caller) -> Select[*Columns]:
    return (
        statement.select_from(ChunkRow)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, permissions.documents_readable_by(caller))
    )


def changes_after(session: Session, position: int, limit: int) -> list[Change]:
    """The next changes in their order."""
    following = select(Change).where(Change.position > position).order_by(Change.position)
    return list(session.scalars(following.limit(limit)))


def entries(session: Session, version_ids: Collection[str] | None = None) -> Iterator[Entry]:
    """Every chunk that is to be found now, as the lexical index reads it; of these versions unless None."""
    statement = (
        select(ChunkRow, Document, Version.language)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.deleted_at.is_(None))
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    if version_ids is not None:
        statement = statement.where(Version.id.in_(version_ids))
    return (_entry(chunk, document, language) for chunk, document, language in session.execute(statement))


def _entry(chunk: ChunkRow, document: Document, language: str) -> Entry:
    return Entry(
        chunk_id=chunk.id,
        version_id=chunk.version_id,
        document_id=document.id,
        scope=document.scope_id,
        title=document.name,
        heading=" > ".join(chunk.heading_path),
        body=chunk.text,
        language=language,
    )


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """A visible version with what its vectors are stored under, and its chunks in their order."""

    version_id: str
    scope: int
    digest: str | None
    chunk_ids: list[str]


def stored_vectors(session: Session, version_ids: Collection[str] | None = None) -> Iterator[StoredVectors]:
    """Every visible version by its scope, as the vector file reads it; of these versions unless None."""
    statement = (
        select(ChunkRow.id, Version.id, Version.vectors_digest, Document.scope_id)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.deleted_at.is_(None))
        .order_by(Document.scope_id, Version.id, ChunkRow.ordinal)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    if version_ids is not None:
        statement = statement.where(Version.id.in_(version_ids))
    rows = session.execute(statement)
    for (scope, version_id, digest), chunks in groupby(rows, key=lambda row: (row[3], row[1], row[2])):
        yield StoredVectors(version_id, scope, digest, [row[0] for row in chunks])


def write_replica(session: Session, name: str, **said: str | int | datetime) -> None:
    """Say how far this replica's indexes have come, and what they hold."""
    session.merge(IndexReplica(name=name, **said))


def replicas(session: Session, since: datetime) -> Sequence[IndexReplica]:
    """Those that have said something lately."""
    statement = select(IndexReplica).where(IndexReplica.seen_at >= since).order_by(IndexReplica.name)
    return session.scalars(statement).all()


def forget_replica(session: Session, name: str) -> None:
    row = session.get(IndexReplica, name)
    if row is not None:
        session.delete(row)
