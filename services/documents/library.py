"""What changes the library: adding a version, removing a document, narrowing its readers, granting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit, deliveries, errors, runs
from services.adapters.file_store import StoredFile
from services.adapters.job_queue import INGEST_TASK, REPAIR_TASK
from services.database.tables.library import (
    PROCESSING,
    VISIBLE,
    WAITING,
    Collection,
    Document,
    Version,
)
from services.database.tables.runs import Bulk, Run
from services.documents import grants, jobs, queries, scopes
from services.documents.nudging import nudge
from services.documents.schemas import CollectionCreate, CollectionPatch
from services.identity import permissions
from services.identity.callers import Caller
from services.resources import Resources


@dataclass(frozen=True, slots=True)
class NewFile:
    """A received file and what it is."""

    name: str
    media_type: str
    stored: StoredFile


class Added(NamedTuple):
    """What became of a file: its document, the run that reads it, and whether there was anything to do."""

    document: Document
    run: Run
    is_new: bool


def collection_to_add_to(session: Session, caller: Caller, id_or_name: str) -> Collection:
    """404 when the caller may not know of it, 403 when they may read but not add."""
    collection = queries.collection_named(session, caller, id_or_name)
    if not permissions.may_contribute(session, caller, collection.id):
        raise errors.Forbidden("You may read this collection, but not add to it")
    return collection


def require_curator(session: Session, caller: Caller, collection_id: str) -> None:
    """errors.Forbidden for who may read the collection, or add to it, but does not look after it."""
    if not permissions.may_curate(session, caller, collection_id):
        raise errors.Forbidden("Who reads a document is for those who curate its collection to say")


def add_version(
    session: Session,
    caller: Caller,
    collection: Collection,
    file: NewFile,
    *,
    reader_group_ids: Sequence[str] | None,
    resources: Resources,
    bulk: Bulk | None = None,
) -> Added:
    """A new document, or a new version of the one that has this name, and the run that will read it.

    Where the newest version holds these very bytes and is read, or will be, there is nothing to do.
    """
    require_oneself_among(caller, reader_group_ids)
    # Uploads to one collection take turns, or two of a new name would make two documents.
    session.refresh(collection, with_for_update=True)
    # A document of this name that the caller may not read stays unseen: theirs becomes another one.
    document = queries.readable_document_named(session, caller, collection.id, file.name)
    if document is None:
        document = Document(
            collection_id=collection.id,
            scope=scopes.intern_scope(session, collection.id, reader_group_ids),
            name=file.name,
            created_by=caller.person_id,
        )
        session.add(document)
    elif reader_group_ids is not None and not _has_readers(session, document, reader_group_ids):
        require_curator(session, caller, collection.id)
        narrow(session, caller, document, reader_group_ids, resources)
    run = _run_of_same(session, document, file, resources)
    if run is not None:
        return Added(document, run, is_new=False)
    version = Version(
        number=len(document.versions) + 1,
        file_digest=file.stored.digest,
        file_bytes=file.stored.size,
        media_type=file.media_type,
    )
    document.versions.append(version)
    session.flush()
    run = runs.request(
        session,
        runs.INGEST,
        version.id,
        requested_by=caller.person_id,
        bulk_id=bulk.id if bulk else None,
        paused=bulk.paused if bulk else False,
        priority=_priority(session, caller, collection, bulk),
        nudge=nudge(resources, INGEST_TASK),
    )
    _record(session, caller, "document.add", document.id, version=version.id, run=run.id)
    return Added(document, run, is_new=True)


def _priority(session: Session, caller: Caller, collection: Collection, bulk: Bulk | None) -> int:
    """The bulk's, where the caller may say what is urgent in this collection, too."""
    if bulk is None or not bulk.priority or not jobs.may_prioritise(session, caller, collection.id):
        return 0
    return bulk.priority


def _has_readers(session: Session, document: Document, group_ids: Sequence[str]) -> bool:
    return scopes.known_scope(session, document.collection_id, group_ids) == document.scope_id


def _run_of_same(session: Session, document: Document, file: NewFile, resources: Resources) -> Run | None:
    """The run that read or will read these bytes as this document's newest version; None if none did."""
    newest = document.versions[-1] if document.versions else None
    if newest is None or newest.file_digest != file.stored.digest:
        return None
    made = resources.lock.ingestion
    is_current = (newest.parser, newest.chunker) == (made.parser, made.chunker)
    if newest.state in (WAITING, PROCESSING) or (newest.state == VISIBLE and is_current):
        return queries.newest_runs(session, [newest.id]).get(newest.id)
    return None


def remove(session: Session, caller: Caller, document: Document) -> None:
    """Take the document, and what was attached to it, away at once; upkeep purges what they left."""
    deliveries.remove(session, document)
    _record(session, caller, "document.remove", document.id)


def narrow(
    session: Session,
    caller: Caller,
    document: Document,
    group_ids: Sequence[str] | None,
    resources: Resources,
) -> None:
    """Narrow the document to these groups, or lift the narrowing; acts on the next question.

    What is attached to it follows; of itself it has no readers: errors.InvalidRequest. SQL decides at once;
    the run only gives the vectors their new number, so that new readers find them too.
    """
    if document.parent_id is not None:
        raise errors.InvalidRequest("An attachment has its document's readers; change those")
    require_oneself_among(caller, group_ids)
    scope = scopes.intern_scope(session, document.collection_id, group_ids)
    if deliveries.set_scope(session, document, scope.id):
        wake = nudge(resources, REPAIR_TASK)
        runs.request(session, runs.REPAIR, "index", requested_by=caller.person_id, nudge=wake)
    _record(session, caller, "document.readers", document.id, groups=sorted(group_ids or []))


def set_validity(
    session: Session, caller: Caller, document: Document, days: Mapping[str, date | None]
) -> None:
    """Say from when until when it is in force (`valid_from`, `valid_until`; both days belong to it).

    Acts on the next question. errors.InvalidRequest where it would end before it begins.
    """
    for name, day in days.items():
        setattr(document, name, day)
    begins, ends = document.valid_from, document.valid_until
    if begins and ends and begins > ends:
        raise errors.InvalidRequest("A document cannot be valid until before it is valid from")
    said = {name: day.isoformat() if day else "" for name, day in days.items()}
    _record(session, caller, "document.validity", document.id, **said)


def require_oneself_among(caller: Caller, group_ids: Sequence[str] | None) -> None:
    """Nobody narrows a document out of their own sight, for then they could not widen it again."""
    if group_ids is not None and not caller.is_among(group_ids):
        raise errors.InvalidRequest("Name at least one group that you are in yourself")


def create_collection(session: Session, caller: Caller, wanted: CollectionCreate) -> Collection:
    """A new collection with its grants; errors.Conflict when the name is taken."""
    if session.scalar(select(Collection.id).where(Collection.name == wanted.name)):
        raise errors.Conflict("A collection of this name exists")
    collection = Collection(name=wanted.name, title=wanted.title, description=wanted.description)
    session.add(collection)
    session.flush()
    scopes.intern_scope(session, collection.id, None)
    granted = grants.grant(session, collection.id, wanted)
    _record(session, caller, "collection.create", collection.id, **granted._asdict())
    return collection


def change_collection(
    session: Session, caller: Caller, collection: Collection, wanted: CollectionPatch
) -> None:
    """Set what is named; a grant or revocation acts on the next question."""
    if wanted.title is not None:
        collection.title = wanted.title
    if wanted.description is not None:
        collection.description = wanted.description
    granted = grants.grant(session, collection.id, wanted)
    _record(session, caller, "collection.change", collection.id, **granted._asdict())


def _record(session: Session, caller: Caller, action: str, subject: str, **detail: object) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)


def record_reading(session: Session, caller: Caller, action: str, document_id: str, version_id: str) -> None:
    """Audit that the caller was given a document's text or file."""
    _record(session, caller, action, document_id, version=version_id)
