"""The library's SQL. Everything a caller names is looked up through what that caller may read."""

from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, selectinload

from services import errors
from services.database.tables.library import (
    ChunkRow,
    Collection,
    Document,
    Version,
)
from services.database.tables.runs import RUNNING, WAITING, Run
from services.dependencies import PageRequest
from services.identity import permissions
from services.identity.callers import Caller

SAME_SHOWN = 5


def readable_document(session: Session, caller: Caller, document_id: str) -> Document:
    """The document, or errors.NotFound when it is missing or not the caller's to know of."""
    found = session.scalar(
        select(Document)
        .where(Document.id == document_id, permissions.documents_readable_by(caller))
        .options(selectinload(Document.versions), selectinload(Document.scope))
    )
    if found is None:
        raise errors.NotFound("There is no such document")
    return found


def documents_page(
    session: Session, caller: Caller, page: PageRequest, collection_id: str | None
) -> Sequence[Document]:
    """Readable documents by name, at most one more than asked for."""
    query = (
        select(Document)
        .where(permissions.documents_readable_by(caller))
        .options(selectinload(Document.versions), selectinload(Document.scope))
        .order_by(Document.name, Document.id)
        .limit(page.limit + 1)
    )
    if collection_id is not None:
        query = query.where(Document.collection_id == collection_id)
    if page.after:
        name, _, last_id = page.after.rpartition("\n")
        query = query.where((Document.name > name) | ((Document.name == name) & (Document.id > last_id)))
    return session.scalars(query).all()


def collection_named(session: Session, caller: Caller, id_or_name: str) -> Collection:
    """A collection the caller may know of, by id or name; errors.NotFound otherwise."""
    found = session.scalar(
        select(Collection).where(
            (Collection.id == id_or_name) | (Collection.name == id_or_name),
            permissions.collections_readable_by(caller),
        )
    )
    if found is None:
        raise errors.NotFound("There is no such collection")
    return found


def readable_document_named(
    session: Session, caller: Caller, collection_id: str, name: str
) -> Document | None:
    """The oldest live document of this name that the caller may read, locked for a new version."""
    return session.scalar(
        select(Document)
        .where(
            Document.collection_id == collection_id,
            Document.name == name,
            permissions.documents_readable_by(caller),
        )
        .order_by(Document.created_at)
        .limit(1)
        .with_for_update(of=Document)
    )


def all_collections(session: Session) -> list[Collection]:
    """Every collection, for administrators, who grant access to them."""
    return list(session.scalars(select(Collection).order_by(Collection.name)))


def chunk_counts(session: Session, version_ids: Sequence[str]) -> dict[str, int]:
    rows = session.execute(
        select(ChunkRow.version_id, func.count())
        .where(ChunkRow.version_id.in_(version_ids))
        .group_by(ChunkRow.version_id)
    )
    return dict(rows.all())


def newest_runs(session: Session, version_ids: Sequence[str]) -> dict[str, Run]:
    """The newest run of each version."""
    rows = session.scalars(select(Run).where(Run.subject.in_(version_ids)).order_by(Run.created_at))
    return {run.subject: run for run in rows}


def document_counts(session: Session, caller: Caller) -> dict[str, int]:
    """How many documents of each collection the caller may read."""
    rows = session.execute(
        select(Document.collection_id, func.count())
        .where(permissions.documents_readable_by(caller))
        .group_by(Document.collection_id)
    )
    return dict(rows.all())


def readable_run(session: Session, caller: Caller, run_id: str) -> tuple[Run, Document]:
    """An ingestion run on a document the caller may read; errors.NotFound otherwise."""
    row = session.execute(
        _runs_of(caller).where(Run.id == run_id).options(selectinload(Document.versions))
    ).one_or_none()
    if row is None:
        raise errors.NotFound("There is no such job")
    return row[0], row[1]


def runs_page(
    session: Session, caller: Caller, page: PageRequest, state: str | None, bulk_id: str | None = None
) -> Sequence[tuple[Run, Document]]:
    """Readable jobs, of this state and bulk if named, newest first, at most one more than asked for."""
    query = _runs_of(caller).order_by(Run.created_at.desc(), Run.id.desc()).limit(page.limit + 1)
    if state:
        query = query.where(Run.state == state)
    if bulk_id:
        query = query.where(Run.bulk_id == bulk_id)
    if page.after:
        row = session.execute(_runs_of(caller).where(Run.id == page.after)).one_or_none()
        if row is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        last = row[0]
        query = query.where(
            (Run.created_at < last.created_at) | ((Run.created_at == last.created_at) & (Run.id < last.id))
        )
    return [(run, document) for run, document in session.execute(query)]


def open_jobs(session: Session, caller: Caller) -> dict[str, int]:
    """How many jobs on documents the caller may read are not over, by state."""
    state = case((Run.paused, "paused"), else_=Run.state)
    rows = session.execute(
        select(state, func.count())
        .select_from(Run)
        .join(Version, Version.id == Run.subject)
        .join(Document, Document.id == Version.document_id)
        .where(permissions.documents_readable_by(caller), Run.state.in_((WAITING, RUNNING)))
        .group_by(state)
    )
    return dict(rows.all())


def same_content(session: Session, caller: Caller, digest: str, but: str) -> Sequence[Document]:
    """Other documents the caller may read whose present or coming version holds these very bytes."""
    return session.scalars(
        select(Document)
        .where(
            Document.id != but,
            permissions.documents_readable_by(caller),
            Document.id.in_(
                select(Version.document_id).where(
                    Version.file_digest == digest, Version.state.in_(("waiting", "processing", "visible"))
                )
            ),
        )
        .order_by(Document.name, Document.id)
        .limit(SAME_SHOWN)
    ).all()


def _runs_of(caller: Caller):  # type: ignore[no-untyped-def]  # noqa: ANN202  (a two-entity Select)
    return (
        select(Run, Document)
        .join(Version, Version.id == Run.subject)
        .join(Document, Document.id == Version.document_id)
        .where(permissions.documents_readable_by(caller))
    )


def visible_version(document: Document) -> Version | None:
    """The version that answers now, if any."""
    return next((version for version in document.versions if version.state == "visible"), None)
