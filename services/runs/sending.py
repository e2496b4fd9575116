"""Upkeep's side of runs: which of them nobody works on, and which nudges are missing."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from services.database.tables.runs import RUNNING, WAITING, Run
from services.runs import turns
from services.runs.clock import database_now


def reclaim(session: Session) -> int:
    """Let runs wait again whose lease has ended, with the turn they had; returns how many."""
    orphaned = session.scalars(
        update(Run)
        .where(Run.state == RUNNING, Run.lease_until < database_now(session))
        .values(state=WAITING, lease_until=None, sent_at=None)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    return len(orphaned.all())


def next_ids(session: Session, kind: str, limit: int) -> Sequence[str]:
    """Ids of the next runs that can be claimed now, at most so many."""
    return session.scalars(turns.in_turn(kind, database_now(session)).limit(limit)).all()


def take_unsent(
    session: Session, kinds: Collection[str], *, resend_after_s: float, limit: int = 500
) -> Sequence[tuple[str, str]]:
    """Ids and kinds of runs of these kinds nobody works on: never sent, or sent too long ago.

    They are marked as sent, so that the next look leaves them alone for `resend_after_s`.
    """
    moment = database_now(session)
    stale = moment - timedelta(seconds=resend_after_s)
    due = session.execute(_due(moment, stale, kinds).limit(limit)).all()
    session.execute(update(Run).where(Run.id.in_([row.id for row in due])).values(sent_at=moment))
    return [(row.id, row.kind) for row in due]


def _due(moment: datetime, stale: datetime, kinds: Collection[str]) -> Select[str, str]:
    return (
        select(Run.id, Run.kind)
        .where(
            turns.claimable(),
            Run.kind.in_(kinds),
            or_(Run.sent_at.is_(None), Run.sent_at < stale),
            or_(Run.not_before.is_(None), Run.not_before <= moment),
        )
        .order_by(Run.turn, Run.created_at)
    )
