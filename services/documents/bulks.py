"""Bulks: many uploads as one object, seen and steered by the person who began it and by nobody else."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.session import now
from services.database.tables.library import Document, Version
from services.database.tables.runs import Bulk, Run
from services.dependencies import PageRequest
from services.documents.schemas import BulkCounts, BulkCreate, BulkOut
from services.identity import permissions
from services.identity.callers import Caller


def begin(session: Session, caller: Caller, wanted: BulkCreate) -> Bulk:
    bulk = Bulk(title=wanted.title, expected=wanted.expected, requested_by=caller.person_id)
    session.add(bulk)
    session.flush()
    audit.record(session, caller.person_id, "bulk.begin", bulk.id, credential=caller.credential_id)
    return bulk


def own(session: Session, caller: Caller, bulk_id: str, *, lock: bool = False) -> Bulk:
    """The caller's bulk, locked for a change if asked for; errors.NotFound where it is another's."""
    wanted = select(Bulk).where(Bulk.id == bulk_id, Bulk.requested_by == caller.person_id)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise errors.NotFound("There is no such bulk")
    return found


def to_add_to(session: Session, caller: Caller, bulk_id: str) -> Bulk:
    """The caller's bulk, locked so that a pause or a cancellation misses no file on its way in."""
    bulk = own(session, caller, bulk_id, lock=True)
    if bulk.cancelled_at is not None:
        raise errors.Conflict("This bulk was cancelled; begin another one")
    return bulk


def end(bulk: Bulk) -> None:
    bulk.cancelled_at = bulk.cancelled_at or now()


def page_of(session: Session, caller: Caller, page: PageRequest) -> Sequence[Bulk]:
    """The caller's bulks, newest first, at most one more than asked for."""
    query = (
        select(Bulk)
        .where(Bulk.requested_by == caller.person_id)
        .order_by(Bulk.created_at.desc(), Bulk.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.scalar(
            select(Bulk).where(Bulk.id == page.after, Bulk.requested_by == caller.person_id)
        )
        if last is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        older = (Bulk.created_at < last.created_at) | (
            (Bulk.created_at == last.created_at) & (Bulk.id < last.id)
        )
        query = query.where(older)
    return session.scalars(query).all()


def views(session: Session, caller: Caller, found: Sequence[Bulk]) -> list[BulkOut]:
    """Each bulk with its counts, over the documents the caller may read now."""
    counted: dict[str, Counter[str]] = {bulk.id: Counter() for bulk in found}
    for bulk_id, state, count in session.execute(_counts(caller, list(counted))):
        counted[bulk_id][state] = count
    return [_view(bulk, counted[bulk.id]) for bulk in found]


def _view(bulk: Bulk, counted: Counter[str]) -> BulkOut:
    return BulkOut(
        id=bulk.id,
        title=bulk.title,
        expected=bulk.expected,
        paused=bulk.paused,
        priority=bulk.priority,
        created_at=bulk.created_at,
        cancelled_at=bulk.cancelled_at,
        total=counted.total(),
        counts=BulkCounts(unchanged=bulk.unchanged, **counted),
    )


def _counts(caller: Caller, bulk_ids: Sequence[str]) -> Select[str, str, int]:
    state = case((Run.paused, "paused"), else_=Run.state)
    return (
        select(Run.bulk_id, state, func.count())
        .join(Version, Version.id == Run.subject)
        .join(Document, Document.id == Version.document_id)
        .where(Run.bulk_id.in_(bulk_ids), permissions.documents_readable_by(caller))
        .group_by(Run.bulk_id, state)
    )
