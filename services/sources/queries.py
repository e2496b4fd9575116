"""SQL of sources. A source is known to administrators and to those who curate its collection.

What it holds is known to the latter only, as far as its rules and the documents' readers let them know.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from services import errors, syncs
from services.database.tables.library import Collection, Document
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceItem, SourceRun, SourceRunItem
from services.dependencies import PageRequest
from services.identity import permissions
from services.identity.callers import Caller

BATCH = 500
NOT_KNOWN = "There is no such source, or no such run of it"
digest_form = re.compile(r"[0-9a-f]{64}")
Item = TypeVar("Item", SourceItem, SourceRunItem)


def known_to(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `sources`."""
    if caller.is_admin:
        return true()
    return Source.collection_id.in_(select(Collection.id).where(permissions.collections_curated_by(caller)))


def known_source(session: Session, caller: Caller, source_id: str) -> Source:
    """The source, or errors.NotFound when it is missing or not the caller's to know of."""
    found = session.scalar(select(Source).where(Source.id == source_id, known_to(caller)))
    if found is None:
        raise errors.NotFound(NOT_KNOWN)
    return found


def sources_page(session: Session, caller: Caller, page: PageRequest) -> Sequence[Source]:
    """Known sources by name, at most one more than asked for."""
    query = select(Source).where(known_to(caller), Source.name > page.after).order_by(Source.name)
    return session.scalars(query.limit(page.limit + 1)).all()


def document_counts(session: Session, source_ids: Sequence[str]) -> dict[str, int]:
    rows = session.execute(
        select(SourceItem.source_id, func.count())
        .join(Document, Document.id == SourceItem.document_id)
        .where(SourceItem.source_id.in_(source_ids), Document.deleted_at.is_(None))
        .group_by(SourceItem.source_id)
    )
    return dict(rows.all())


def newest_runs(session: Session, source_ids: Sequence[str]) -> dict[str, tuple[SourceRun, Run]]:
    """The newest run of each source."""
    newest = (
        select(SourceRun.source_id, func.max(Run.created_at).label("at"))
        .join(Run, Run.id == SourceRun.run_id)
        .where(SourceRun.source_id.in_(source_ids))
        .group_by(SourceRun.source_id)
        .subquery()
    )
    rows = session.execute(
        select(SourceRun, Run)
        .join(Run, Run.id == SourceRun.run_id)
        .join(newest, (newest.c.source_id == SourceRun.source_id) & (newest.c.at == Run.created_at))
    )
    return {about.source_id: (about, run) for about, run in rows}


def runs_page(session: Session, source: Source, page: PageRequest) -> list[tuple[SourceRun, Run]]:
    """The source's runs, newest first, at most one more than asked for."""
    query = (
        select(SourceRun, Run)
        .join(Run, Run.id == SourceRun.run_id)
        .where(SourceRun.source_id == source.id)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        try:
            _, last = run_of(session, source, page.after)
        except errors.NotFound as error:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it") from error
        earlier = Run.created_at < last.created_at
        query = query.where(or_(earlier, (Run.created_at == last.created_at) & (Run.id < last.id)))
    return [(about, run) for about, run in session.execute(query)]


def run_of(session: Session, source: Source, run_id: str) -> tuple[SourceRun, Run]:
    """A run of this source; errors.NotFound for any other."""
    row = session.execute(
        select(SourceRun, Run)
        .join(Run, Run.id == SourceRun.run_id)
        .where(SourceRun.run_id == run_id, SourceRun.source_id == source.id)
    ).one_or_none()
    if row is None:
        raise errors.NotFound(NOT_KNOWN)
    return row[0], row[1]


def run_items(
    session: Session, caller: Caller, source: Source, run_id: str, page: PageRequest, *, action: str | None
) -> list[SourceRunItem]:
    """What the run did, as far as the caller may know of it; at most one more than asked for."""

    def after(digest: str) -> Sequence[SourceRunItem]:
        query = select(SourceRunItem).where(SourceRunItem.run_id == run_id, SourceRunItem.key_digest > digest)
        if action:
            query = query.where(SourceRunItem.action == action)
        return session.scalars(query.order_by(SourceRunItem.key_digest).limit(BATCH)).all()

    return list(islice(_permitted(session, caller, source, after, _start(page)), page.limit + 1))


def source_items(session: Session, caller: Caller, source: Source, page: PageRequest) -> list[SourceItem]:
    """What the source holds, as far as the caller may know of it; at most one more than asked for."""

    def after(digest: str) -> Sequence[SourceItem]:
        query = select(SourceItem).where(SourceItem.source_id == source.id, SourceItem.key_digest > digest)
        return session.scalars(query.order_by(SourceItem.key_digest).limit(BATCH)).all()

    return list(islice(_permitted(session, caller, source, after, _start(page)), page.limit + 1))


def _permitted(
    session: Session, caller: Caller, source: Source, after: Callable[[str], Sequence[Item]], start: str
) -> Iterator[Item]:
    """A name may tell what a document is about: it is shown to those who may read that document."""
    while batch := after(start):
        start = batch[-1].key_digest
        ids = {item.document_id for item in batch if item.document_id}
        readable = set(
            session.scalars(
                select(Document.id).where(Document.id.in_(ids), permissions.documents_readable_by(caller))
            )
        )
        living = set(
            session.scalars(select(Document.id).where(Document.id.in_(ids), Document.deleted_at.is_(None)))
        )
        for item in batch:
            if item.document_id in living:
                if item.document_id in readable:
                    yield item
            elif _rules_permit(caller, source, item.key):
                yield item


def _rules_permit(caller: Caller, source: Source, key: str) -> bool:
    groups = syncs.readers_of(source.readers, key)
    return groups is None or caller.is_among(groups)


def _start(page: PageRequest) -> str:
    if page.after and not digest_form.fullmatch(page.after):
        raise errors.InvalidRequest("The cursor is not one of ours; start without it")
    return page.after


def require_curator(session: Session, caller: Caller, source: Source) -> None:
    """errors.Forbidden for an administrator who does not curate the collection: items carry names."""
    if not permissions.may_curate(session, caller, source.collection_id):
        raise errors.Forbidden("What a source holds is shown to those who curate its collection")
