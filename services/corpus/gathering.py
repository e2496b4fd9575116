"""What the report is made from: the caller's documents as rows, their texts as sketches, their groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session

from services import errors
from services.corpus.sketches import Sketch, Sketcher
from services.database.tables.identity import Group, Membership, Person
from services.database.tables.library import (
    VISIBLE,
    ChunkRow,
    Collection,
    CollectionGrant,
    Document,
    Scope,
    ScopeGroup,
    Version,
)
from services.database.tables.runs import Run
from services.database.tables.sources import SourceItem
from services.identity import permissions
from services.identity.callers import Caller

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Holding:
    """One document with its newest version, and the tokens of the version that answers."""

    id: str
    name: str
    collection: str
    state: str
    error: str
    media_type: str
    language: str
    warnings: tuple[str, ...]
    tokens: int
    has_owner: bool
    written_at: datetime
    """When the content was last written, as far as its source said; else when it arrived."""
    version_id: str | None
    """The version that answers now, if any."""


@dataclass(frozen=True, slots=True)
class EmptyGroup:
    """A group that something is granted to, and that holds nobody who could sign in."""

    id: str
    name: str
    collections: tuple[str, ...]


def require_curator(session: Session, caller: Caller) -> None:
    """errors.Forbidden unless the caller administers, or curates some collection."""
    curated = select(Collection.id).where(permissions.collections_curated_by(caller)).limit(1)
    if not caller.is_admin and session.scalar(curated) is None:
        raise errors.Forbidden("The report is for administrators and those who curate a collection")


def covered(caller: Caller, collection_id: str | None) -> ColumnElement[bool]:
    """WHERE clause on `documents`: what the caller may read, and unless they administer, curates."""
    readable = permissions.documents_readable_by(caller)
    if collection_id is not None:
        readable = and_(readable, Document.collection_id == collection_id)
    if caller.is_admin:
        return readable
    curated = select(Collection.id).where(permissions.collections_curated_by(caller))
    return and_(readable, Document.collection_id.in_(curated))


def holdings(session: Session, which: ColumnElement[bool]) -> list[Holding]:
    """The documents with their newest versions, by name."""
    tokens = dict(
        session.execute(
            select(ChunkRow.version_id, func.sum(ChunkRow.tokens))
            .join(Version, Version.id == ChunkRow.version_id)
            .join(Document, Document.id == Version.document_id)
            .where(which, Version.state == VISIBLE)
            .group_by(ChunkRow.version_id)
        ).all()
    )
    visible = _visible_versions(session, which)
    reasons = _reasons(session, which)
    written = _written(session, which)
    found = []
    for document, version, collection, owner_is_active in session.execute(_newest(which)):
        answering = visible.get(document.id)
        found.append(
            Holding(
                id=document.id,
                name=document.name,
                collection=collection,
                state=version.state,
                error=reasons.get(version.id, ""),
                media_type=version.media_type,
                language=version.language,
                warnings=tuple(str(warning) for warning in version.warnings),
                tokens=int(tokens.get(answering, 0)) if answering else 0,
                has_owner=bool(owner_is_active),
                written_at=written.get(document.id) or version.created_at,
                version_id=answering,
            )
        )
    return found


def _newest(which: ColumnElement[bool]) -> Select[Document, Version, str, bool]:
    newest = (
        select(Version.document_id, func.max(Version.number).label("number"))
        .group_by(Version.document_id)
        .subquery()
    )
    return (
        select(Document, Version, Collection.name, Person.is_active)
        .join(newest, newest.c.document_id == Document.id)
        .join(Version, and_(Version.document_id == Document.id, Version.number == newest.c.number))
        .join(Collection, Collection.id == Document.collection_id)
        .outerjoin(Person, Person.id == Document.created_by)
        .where(which)
        .order_by(Document.name, Document.id)
    )


def _visible_versions(session: Session, which: ColumnElement[bool]) -> dict[str, str]:
    rows = session.execute(
        select(Version.document_id, Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(which, Version.state == VISIBLE)
    )
    return dict(rows.all())


def _reasons(session: Session, which: ColumnElement[bool]) -> dict[str, str]:
    rows = session.execute(
        select(Run.subject, Run.error_code)
        .join(Version, Version.id == Run.subject)
        .join(Document, Document.id == Version.document_id)
        .where(which, Run.error_code != "")
        .order_by(Run.created_at)
    )
    return dict(rows.all())


def _written(session: Session, which: ColumnElement[bool]) -> dict[str, datetime]:
    rows = session.execute(
        select(SourceItem.document_id, SourceItem.modified_at)
        .join(Document, Document.id == SourceItem.document_id)
        .where(which, SourceItem.modified_at.is_not(None))
    )
    return {document_id: at for document_id, at in rows if document_id and at}


def sketches(session: Session, which: ColumnElement[bool]) -> Iterator[tuple[str, Sketch]]:
    """Each answering version's id with its sketch; texts pass through one by one and are not kept."""
    rows = session.execute(
        select(ChunkRow.version_id, ChunkRow.text)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(which, Version.state == VISIBLE)
        .order_by(ChunkRow.version_id, ChunkRow.ordinal)
        .execution_options(yield_per=AT_ONCE)
    )
    sketcher = Sketcher()
    for version_id, chunks in groupby(rows, key=itemgetter(0)):
        yield version_id, sketcher.sketch("\n".join(text for _, text in chunks))


def empty_groups(session: Session, caller: Caller, collection_id: str | None) -> Sequence[EmptyGroup]:
    """Groups with access to what the caller manages, in which nobody is who could sign in."""
    members = (
        select(Membership.group_id).join(Person, Person.id == Membership.person_id).where(Person.is_active)
    )
    granted = (
        select(Group.id, Group.name, Collection.name)
        .join(CollectionGrant, CollectionGrant.group_id == Group.id)
        .join(Collection, Collection.id == CollectionGrant.collection_id)
    )
    narrowed = (
        select(Group.id, Group.name, Collection.name)
        .join(ScopeGroup, ScopeGroup.group_id == Group.id)
        .join(Scope, Scope.id == ScopeGroup.scope_id)
        .join(Collection, Collection.id == Scope.collection_id)
        .where(Scope.id.in_(select(Document.scope_id).where(Document.deleted_at.is_(None))))
    )
    managed = true() if caller.is_admin else permissions.collections_curated_by(caller)
    if collection_id is not None:
        managed = and_(managed, Collection.id == collection_id)
    found: dict[tuple[str, str], set[str]] = {}
    for query in (granted, narrowed):
        for group_id, name, collection in session.execute(query.where(managed, Group.id.not_in(members))):
            found.setdefault((group_id, name), set()).add(collection)
    return [
        EmptyGroup(group_id, name, tuple(sorted(places)))
        for (group_id, name), places in sorted(found.items(), key=lambda one: one[0][1])
    ]
