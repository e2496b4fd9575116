"""Whose turn it is: everyone who asked gets the worker in rotation, however much each of them asked for.

Runs of one requester stand in a *lane*, what they asked for in bulk in a second one. Each run is given a
`turn` when it is asked for: one after the last of its lane, but never before the turn the workers have
reached. Claimed in the order of their turns, lanes that wait take one run each in rotation (start-time fair
queueing, Goyal, Vin and Cheng 1996): 10,000 runs of one lane have 10,000 turns ahead, and a newcomer's run
gets the present one. Asking costs two index look-ups and claiming one, whatever the length of the queue.
Priorities lie `STEP` turns apart, so that a more urgent run always comes first.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.runs import Run

STEP = 1 << 40
LARGEST_PRIORITY = 100


def lane_of(kind: str, priority: int, whose: str) -> str:
    """The line a run stands in, of one kind and priority."""
    return f"{kind}:{priority}:{whose}"


def next_turn(session: Session, kind: str, lane: str, priority: int) -> int:
    """The turn of a run that is asked for now."""
    if abs(priority) > LARGEST_PRIORITY:
        raise errors.InvalidRequest(f"Priorities go from {-LARGEST_PRIORITY} to {LARGEST_PRIORITY}")
    last = session.scalar(select(func.max(Run.turn)).where(Run.lane == lane))  # a lane has one priority
    now = reached(session, kind, priority)
    return now if last is None else max(now, last + 1)


def reached(session: Session, kind: str, priority: int) -> int:
    """The largest turn of this priority that was ever claimed; where it begins, before the first."""
    begins = -priority * STEP
    found = session.scalar(
        select(func.max(Run.turn)).where(
            Run.kind == kind, Run.started_at.is_not(None), Run.turn >= begins, Run.turn < begins + STEP
        )
    )
    return begins if found is None else found


def in_turn(kind: str, moment: datetime) -> Select[str]:
    """Ids of the runs that can be claimed at this moment, the next one first."""
    return (
        select(Run.id)
        .where(Run.kind == kind, claimable(), or_(Run.not_before.is_(None), Run.not_before <= moment))
        .order_by(Run.turn, Run.created_at, Run.id)
    )


def claimable() -> ColumnElement[bool]:
    """WHERE clause: the run waits and is not paused; written as the partial index says it."""
    return and_(Run.state == literal_column("'waiting'"), ~Run.paused)
