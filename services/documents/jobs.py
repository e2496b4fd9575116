"""What a contributor does to jobs: hold back, let go on, cancel, try again; one job, or all of a bulk."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from services import audit, errors, runs
from services.adapters.job_queue import INGEST_TASK
from services.database.tables.library import CANCELLED, PROCESSING, WAITING, Collection, Document, Version
from services.database.tables.runs import Run
from services.documents.nudging import nudge
from services.identity import permissions
from services.identity.callers import Caller
from services.resources import Resources

AT_ONCE = 1000


def one(run: Run) -> ColumnElement[bool]:
    """WHERE clause on `runs`: this job."""
    return Run.id == run.id


def of_bulk(caller: Caller, bulk_id: str) -> ColumnElement[bool]:
    """WHERE clause on `runs`: the bulk's jobs on documents the caller may read and replace."""
    theirs = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(
            permissions.documents_readable_by(caller),
            Document.collection_id.in_(select(Collection.id).where(permissions.collections_open_to(caller))),
        )
    )
    return (Run.bulk_id == bulk_id) & Run.subject.in_(theirs)


def of_bulk_curated(caller: Caller, bulk_id: str) -> ColumnElement[bool]:
    """WHERE clause on `runs`: the bulk's jobs whose place in the queue is the caller's to choose."""
    theirs = select(Version.id).join(Document, Document.id == Version.document_id)
    theirs = theirs.where(permissions.documents_readable_by(caller))
    if not caller.is_admin:
        curated = select(Collection.id).where(permissions.collections_curated_by(caller))
        theirs = theirs.where(Document.collection_id.in_(curated))
    return (Run.bulk_id == bulk_id) & Run.subject.in_(theirs)


def may_prioritise(session: Session, caller: Caller, collection_id: str) -> bool:
    """Urgency is taken from others: it is for who looks after the collection, and for administrators."""
    return caller.is_admin or permissions.may_curate(session, caller, collection_id)


def require_may_prioritise(session: Session, caller: Caller, collection_id: str) -> None:
    if not may_prioritise(session, caller, collection_id):
        raise errors.Forbidden("Who curates the collection, or administers, says what is urgent")


def require_curates_some(session: Session, caller: Caller) -> None:
    """errors.Forbidden for who could not give a single job a priority."""
    if not caller.is_admin and permissions.CURATE not in permissions.accesses(session, caller).values():
        raise errors.Forbidden("Who curates a collection, or administers, says what is urgent")


def prioritise(
    session: Session, caller: Caller, which: ColumnElement[bool], subject: str, priority: int
) -> int:
    """Give those of these that wait a priority; returns how many have it now."""
    count = runs.prioritise(session, which, priority)
    audit.record(
        session, caller.person_id, "job.priority", subject,
        credential=caller.credential_id, count=count, priority=priority,
    )  # fmt: skip
    return count


def pause(session: Session, caller: Caller, which: ColumnElement[bool], subject: str) -> int:
    """Hold back what waits or runs of these; returns how many."""
    held = runs.pause(session, which)
    _set_state(session, held, WAITING, PROCESSING)
    _record(session, caller, "job.pause", subject, len(held))
    return len(held)


def resume(
    session: Session, caller: Caller, which: ColumnElement[bool], subject: str, resources: Resources
) -> int:
    """Let the paused ones of these go on; returns how many."""
    count = runs.resume(session, which, nudge=nudge(resources, INGEST_TASK))
    _record(session, caller, "job.resume", subject, count)
    return count


def cancel(session: Session, caller: Caller, which: ColumnElement[bool], subject: str) -> int:
    """End what waits or runs of these; an older version goes on answering. Returns how many."""
    ended = runs.cancel(session, which)
    _set_state(session, ended, CANCELLED, WAITING, PROCESSING)
    _record(session, caller, "job.cancel", subject, len(ended))
    return len(ended)


def retry(session: Session, caller: Caller, run: Run, resources: Resources) -> None:
    """Let a job wait again; errors.Conflict unless it failed or was cancelled."""
    runs.retry(session, run, nudge=nudge(resources, INGEST_TASK))
    session.get_one(Version, run.subject).state = WAITING
    _record(session, caller, "job.retry", run.id, 1)


def retry_failed(
    session: Session, caller: Caller, which: ColumnElement[bool], subject: str, resources: Resources
) -> int:
    """Let all that failed of these wait again, in the order they had; returns how many."""
    found = session.scalars(select(Run).where(which, Run.state.in_(("failed", "quarantined")))).all()
    runs.retry_all(session, found, nudge=nudge(resources, INGEST_TASK))
    _set_state(session, [run.subject for run in found], WAITING, "failed", "quarantined")
    _record(session, caller, "job.retry", subject, len(found))
    return len(found)


def require_some(count: int, refusal: str) -> None:
    """errors.Conflict where an act on one job found nothing to do."""
    if not count:
        raise errors.Conflict(refusal)


def _set_state(session: Session, version_ids: Sequence[str], state: str, *before: str) -> None:
    """Bring versions to this state whose job left them in one of those."""
    left = iter(version_ids)
    while part := list(islice(left, AT_ONCE)):
        session.execute(
            update(Version).where(Version.id.in_(part), Version.state.in_(before)).values(state=state)
        )


def _record(session: Session, caller: Caller, action: str, subject: str, count: int) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, count=count)
