"""What a sync does to the library: a version arrives, a document goes, its readers change. One home for both
the worker that syncs and the rooms that ask for it; who may do so has been decided before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import runs
from services.adapters.file_store import StoredFile
from services.database import changes, scopes
from services.database.session import now
from services.database.tables.identity import Group
from services.database.tables.library import SUPERSEDED, VISIBLE, Document, Version
from services.database.tables.runs import Run
from services.database.tables.sources import SourceItem

Nudge = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that arrived; `lane` is the line its ingestion waits in."""

    media_type: str
    stored: StoredFile
    requested_by: str | None
    lane: str


def add_version(session: Session, document: Document, delivery: Delivery, nudge: Nudge) -> Run:
    """The document's next version, and the run that will read it."""
    version = Version(
        number=max((one.number for one in document.versions), default=0) + 1,
        file_digest=delivery.stored.digest,
        file_bytes=delivery.stored.size,
        media_type=delivery.media_type,
    )
    document.versions.append(version)
    session.flush()
    return runs.request(
        session,
        runs.INGEST,
        version.id,
        requested_by=delivery.requested_by,
        lane=delivery.lane,
        nudge=nudge,
    )


def remove(session: Session, document: Document) -> None:
    """Take the document out of every answer at once; upkeep purges what it left."""
    _lock(session, document)
    if document.deleted_at is not None:
        return
    document.deleted_at = now()
    for version in document.versions:
        runs.cancel_open(session, version.id)
        if version.state == VISIBLE:
            version.state = SUPERSEDED
            changes.append(session, version.id, "remove")
        changes.bury(session, version.id)
    for child in _children(session, document):
        remove(session, child)


def set_scope(session: Session, document: Document, scope_id: int) -> bool:
    """Give the document, and what was attached to it, these readers; whether that changed anything.

    The vectors keep their old number until a repair, which the caller asks for once for all of them.
    """
    if document.scope_id == scope_id:
        return False
    _lock(session, document)
    document.scope_id = scope_id
    session.flush()
    session.expire(document, ["scope"])
    for version in document.versions:
        if version.state == VISIBLE:
            changes.append(session, version.id, "publish")  # the lexical index learns the new number
    for child in _children(session, document):
        set_scope(session, child, scope_id)
    return True


def follow_rule(session: Session, item: SourceItem, scope_id: int) -> bool:
    """Give a synced document the readers its source's rule says now; whether that changed anything.

    A document that a person has narrowed or widened since keeps what they decided.
    """
    document = session.get(Document, item.document_id) if item.document_id else None
    if document is None or document.deleted_at is not None:
        return False
    is_a_persons = item.scope_id is not None and document.scope_id != item.scope_id
    item.scope_id = scope_id
    return not is_a_persons and set_scope(session, document, scope_id)


def readers_scope(session: Session, collection_id: str, group_ids: Sequence[str] | None) -> int:
    """The scope of these groups; one that is gone lets nobody read, it never widens."""
    if group_ids is None:
        return scopes.intern_scope(session, collection_id, None).id
    living = session.scalars(select(Group.id).where(Group.id.in_(group_ids))).all()
    return scopes.intern_scope(session, collection_id, sorted(living)).id


def known_scope(session: Session, collection_id: str, group_ids: Sequence[str] | None) -> int | None:
    """The scope that `readers_scope` would give, None where it was never given to a document."""
    living = None
    if group_ids is not None:
        living = sorted(session.scalars(select(Group.id).where(Group.id.in_(group_ids))))
    return scopes.known_scope(session, collection_id, living)


def _children(session: Session, document: Document) -> Sequence[Document]:
    """What was attached to the document follows it."""
    return session.scalars(
        select(Document).where(Document.parent_id == document.id, Document.deleted_at.is_(None))
    ).all()


def _lock(session: Session, document: Document) -> None:
    """Wait for a worker that is publishing the document, and see what it left."""
    session.refresh(document, with_for_update=True)
    for version in document.versions:
        session.expire(version)
    session.expire(document, ["versions"])
