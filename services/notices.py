"""What ended, noted for those whom a webhook tells: in the transaction in which it ends, so nothing is lost.

    job.ended       a document was read, or could not be      told to who asked for it
    bulk.ended      all that was asked for together has ended told to who asked for it
    answers.ended   a batch of answers has ended              told to who asked
    drift.checked   the canaries were asked again             told to administrators

Ids and states only. Whether somebody may still know of it is asked when it is sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from sqlalchemy import Select, case, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from services.database.session import now
from services.database.tables.runs import CANCELLED, DONE, ENDED, FAILED, QUARANTINED, Bulk, Run
from services.database.tables.webhooks import Webhook, WebhookDelivery

Kind = Literal["job.ended", "bulk.ended", "answers.ended", "drift.checked"]
JOB: Kind = "job.ended"
BULK: Kind = "bulk.ended"
ANSWERS: Kind = "answers.ended"
DRIFT: Kind = "drift.checked"
OF_RUNS: dict[str, Kind] = {"ingest": JOB, "answers": ANSWERS}
AT_ONCE = 500
KEPT = timedelta(days=30)


def note(session: Session, kind: Kind, subject: str, outcome: str, *, person_id: str | None = None) -> None:
    """For every webhook that asks for the kind: the person's, or everybody's where no person is named."""
    asking = select(Webhook.id, Webhook.kinds)
    if person_id is not None:
        asking = asking.where(Webhook.person_id == person_id)
    for webhook_id, kinds in session.execute(asking).all():
        if kind in kinds:
            session.add(WebhookDelivery(webhook_id=webhook_id, kind=kind, subject=subject, outcome=outcome))


def note_runs(session: Session, run_ids: Sequence[str], outcome: str) -> None:
    """These runs have just ended so."""
    if session.scalar(select(Webhook.id).limit(1)) is None:
        return  # nobody is told anything: ingestion pays one look
    left = iter(run_ids)
    while part := list(islice(left, AT_ONCE)):
        told = select(Run.id, Run.kind, Run.requested_by).where(
            Run.id.in_(part),
            Run.kind.in_(OF_RUNS),
            Run.requested_by.in_(select(Webhook.person_id)),
        )
        for run_id, kind, person_id in session.execute(told).all():
            note(session, OF_RUNS[kind], run_id, outcome, person_id=person_id)


def note_ended_bulks(session: Session) -> None:
    """Bulks of which nothing is open any more, and of which that was not said yet.

    Asked for after the fact, as whichever run was the last one cannot know it: two may end at once.
    """
    for bulk, runs, unsuccessful, newest in session.execute(_quiet_bulks()).all():
        is_whole = bulk.cancelled_at is not None or runs + bulk.unchanged >= (bulk.expected or 1)
        ended_at = newest or bulk.created_at
        if is_whole and (bulk.told_at is None or ended_at > bulk.told_at) and _take(session, bulk, ended_at):
            outcome = CANCELLED if bulk.cancelled_at else FAILED if unsuccessful else DONE
            note(session, BULK, bulk.id, outcome, person_id=bulk.requested_by)


def _quiet_bulks() -> Select[Bulk, int, int | None, datetime | None]:
    one = aliased(Run)  # the outer query counts runs itself
    is_open = exists().where(one.bulk_id == Bulk.id, one.state.not_in(ENDED))
    told_at = func.coalesce(Bulk.told_at, Bulk.created_at)
    has_news = exists().where(one.bulk_id == Bulk.id, one.finished_at > told_at)
    # What ended before anybody wanted to be told of it is no news.
    ended_since = exists().where(one.bulk_id == Bulk.id, one.finished_at >= Webhook.created_at)
    is_wanted = exists().where(
        Webhook.person_id == Bulk.requested_by, (Webhook.created_at <= Bulk.created_at) | ended_since
    )
    unsuccessful = case((Run.state.in_((FAILED, QUARANTINED)), 1), else_=0)
    return (
        select(Bulk, func.count(Run.id), func.sum(unsuccessful), func.max(Run.finished_at))
        .outerjoin(Run, Run.bulk_id == Bulk.id)
        .where(is_wanted, ~is_open, has_news | Bulk.told_at.is_(None))
        .group_by(Bulk.id)
        .order_by(Bulk.created_at.desc())
        .limit(AT_ONCE)
    )


def _take(session: Session, bulk: Bulk, ended_at: datetime) -> bool:
    """Whether this process is the one that says it."""
    taken = session.scalar(
        update(Bulk)
        .where(Bulk.id == bulk.id, Bulk.told_at.is_not_distinct_from(bulk.told_at))
        .values(told_at=ended_at)
        .returning(Bulk.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def forget_ended(session: Session, at_most: int) -> None:
    """Take away the oldest tellings that ended a month ago or longer."""
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.ended_at < now() - KEPT)
        .order_by(WebhookDelivery.ended_at)
        .limit(at_most)
    )
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)))
