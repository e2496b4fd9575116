"""What waits, how far ahead, and whether anybody works on it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, func, or_, select
from sqlalchemy.orm import Session

from services.database.tables.runs import RUNNING, WAITING, Run, Worker
from services.runs import turns
from services.runs.clock import database_now

SILENT_AFTER_S = 60.0
FORGOTTEN_AFTER_S = 3600.0


def position(session: Session, run: Run) -> int | None:
    """How many runs of its kind come before it, plus one; None unless it waits in the queue."""
    if not _waits(run):
        return None
    before = or_(
        Run.turn < run.turn,
        and_(Run.turn == run.turn, Run.created_at < run.created_at),
        and_(Run.turn == run.turn, Run.created_at == run.created_at, Run.id < run.id),
    )
    return 1 + (
        session.scalar(select(func.count()).where(Run.kind == run.kind, turns.claimable(), before)) or 0
    )


def positions(session: Session, found: Iterable[Run]) -> dict[str, int]:
    """The position of each run that waits in the queue, all in one reading of it."""
    waiting = [run for run in found if _waits(run)]
    if not waiting:
        return {}
    rank = func.row_number().over(partition_by=Run.kind, order_by=(Run.turn, Run.created_at, Run.id))
    kinds = {run.kind for run in waiting}
    ranked = select(Run.id, rank.label("rank")).where(Run.kind.in_(kinds), turns.claimable()).subquery()
    rows = session.execute(select(ranked).where(ranked.c.id.in_([run.id for run in waiting])))
    return dict(rows.all())


def _waits(run: Run) -> bool:
    return run.state == WAITING and not run.paused


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many open runs there are of each kind and state; what is held back counts as `paused`."""
    state = case((Run.paused, "paused"), else_=Run.state)
    rows = session.execute(
        select(Run.kind, state, func.count())
        .where(Run.state.in_((WAITING, RUNNING)))
        .group_by(Run.kind, state)
    )
    return {(kind, state): count for kind, state, count in rows}


def oldest_waiting(session: Session, kind: str) -> datetime | None:
    """Since when the run that has waited longest waits."""
    return session.scalar(select(func.min(Run.created_at)).where(Run.kind == kind, turns.claimable()))


def say_alive(session: Session, name: str, kinds: Iterable[str]) -> None:
    """A worker says that it is there and takes runs of these kinds; one silent for long is forgotten."""
    moment = database_now(session)
    row = session.get(Worker, name)
    if row is None:
        session.add(Worker(name=name, kinds=sorted(kinds), started_at=moment, seen_at=moment))
    else:
        row.kinds, row.seen_at = sorted(kinds), moment
    session.execute(delete(Worker).where(Worker.seen_at < moment - timedelta(seconds=FORGOTTEN_AFTER_S)))


def leave(session: Session, name: str) -> None:
    """A worker ends."""
    session.execute(delete(Worker).where(Worker.name == name))


def workers(session: Session) -> list[tuple[Worker, bool]]:
    """The workers that were heard of lately, and whether each is still there."""
    heard = database_now(session) - timedelta(seconds=SILENT_AFTER_S)
    rows = session.scalars(select(Worker).order_by(Worker.name))
    return [(worker, worker.seen_at >= heard) for worker in rows]
