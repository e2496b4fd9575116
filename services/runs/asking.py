"""The asker's side of a run: request it, pause, resume or cancel it, let it try again."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.orm import Session

from services import errors, notices
from services.database.session import after_commit
from services.database.tables.runs import CANCELLED, ENDED, FAILED, QUARANTINED, RUNNING, WAITING, Run
from services.runs import turns
from services.runs.clock import database_now

INGEST, REPAIR, CLEANUP, RECEIPTS = "ingest", "repair", "cleanup", "receipts"
UNSUCCESSFUL = (FAILED, QUARANTINED, CANCELLED)
NUDGES_AT_ONCE = 50
"""A nudge only says that there is work; upkeep tops up what is missing."""
Nudge = Callable[[str], Any]
_Line = Row[str, str, str | None, int]


def request(
    session: Session,
    kind: str,
    subject: str,
    *,
    requested_by: str | None,
    priority: int = 0,
    bulk_id: str | None = None,
    paused: bool = False,
    lane: str | None = None,
    nudge: Nudge | None = None,
    payload: dict[str, Any] | None = None,
) -> Run:
    """Ask for a run in the caller's transaction; `nudge(run_id)` is called once that has committed.

    A person has a lane for single requests and one for bulks; name a `lane` for what nobody asked for in
    person, such as what one source's syncs bring.
    """
    whose = lane or f"{requested_by or ''}{'/bulk' if bulk_id else ''}"
    lane = turns.lane_of(kind, priority, whose)
    run = Run(
        kind=kind,
        subject=subject,
        requested_by=requested_by,
        priority=priority,
        bulk_id=bulk_id,
        paused=paused,
        lane=lane,
        turn=turns.next_turn(session, kind, lane, priority),
        payload=payload or {},
    )
    session.add(run)
    session.flush()
    if nudge is not None and not paused:
        run.sent_at = database_now(session)
        _nudge_later(session, [run.id], nudge)
    return run


def retry(session: Session, run: Run, *, nudge: Nudge) -> None:
    """Let an ended run wait again; errors.Conflict unless it failed or was cancelled.

    Failures go on being counted until the run is quarantined: only from there it begins anew.
    """
    if run.state not in UNSUCCESSFUL:
        raise errors.Conflict("Only a failed job can be tried again")
    retry_all(session, [run], nudge=nudge)


def retry_all(session: Session, found: Sequence[Run], *, nudge: Nudge) -> None:
    """Let these ended runs wait again, each at the end of its lane."""
    in_lanes = sorted(found, key=lambda run: (run.lane, run.turn, run.created_at))
    for (lane, kind, priority), runs in groupby(in_lanes, key=lambda run: (run.lane, run.kind, run.priority)):
        turn = turns.next_turn(session, kind, lane, priority)
        for behind, run in enumerate(runs):
            _begin_anew(run, turn + behind)
        session.flush()
    _nudge_later(session, [run.id for run in found], nudge)


def _begin_anew(run: Run, turn: int) -> None:
    run.failures = 0 if run.state == QUARANTINED else run.failures
    run.state, run.attempts, run.turn, run.paused = WAITING, 0, turn, False
    run.error_code = run.error_reason = run.stage = run.worker = ""
    run.done = run.total = 0
    run.finished_at = run.started_at = run.heartbeat_at = run.sent_at = run.not_before = None


def pause(session: Session, which: ColumnElement[bool]) -> list[str]:
    """Hold back what waits or runs of these; returns their subjects.

    A worker that runs one finds its fence gone and stops; the run begins again once it is resumed.
    """
    return list(
        session.scalars(
            update(Run)
            .where(which, Run.state.in_((WAITING, RUNNING)), ~Run.paused)
            .values(
                paused=True, state=WAITING, fence=Run.fence + 1, lease_until=None, stage="", done=0, total=0
            )
            .returning(Run.subject)
            .execution_options(synchronize_session=False)
        )
    )


def resume(session: Session, which: ColumnElement[bool], *, nudge: Nudge) -> int:
    """Let the paused ones of these go on; returns how many.

    While they were held back the others' turns went on: a lane that fell behind rejoins at the present turn,
    or all that it missed would come before everyone else's.
    """
    held = which & Run.paused & (Run.state == WAITING)
    lanes = session.execute(
        select(Run.lane, Run.kind, Run.priority, func.min(Run.turn))
        .where(held)
        .group_by(Run.lane, Run.kind, Run.priority)
    ).all()
    resumed: list[str] = []
    for lane, kind, priority, first in lanes:
        behind = max(0, turns.reached(session, kind, priority) - first)
        resumed += session.scalars(
            update(Run)
            .where(held, Run.lane == lane)
            .values(paused=False, turn=Run.turn + behind, not_before=None, sent_at=None)
            .returning(Run.id)
            .execution_options(synchronize_session=False)
        )
    _nudge_later(session, resumed, nudge)
    return len(resumed)


def prioritise(session: Session, which: ColumnElement[bool], priority: int) -> int:
    """Let those of these that wait come before or after others; returns how many wait with it now.

    Each joins its person's line of that priority, in the order it had: whoever else waits there takes turns
    with them as before. What runs goes on.
    """
    waiting = which & (Run.state == WAITING)
    others = waiting & (Run.priority != priority)
    first = func.min(Run.turn)
    lines = session.execute(
        select(Run.lane, Run.kind, Run.requested_by, first)
        .where(others)
        .group_by(Run.lane, Run.kind, Run.requested_by)
        .order_by(first, Run.lane, Run.requested_by)
    ).all()
    for line in lines:
        _join(session, others, line, priority)
    now_of_it = waiting & (Run.priority == priority)
    return session.scalar(select(func.count()).select_from(Run).where(now_of_it)) or 0


def _join(session: Session, others: ColumnElement[bool], line: _Line, priority: int) -> None:
    """The end of the line of this priority, for those of these that stand in one line."""
    before, kind, requested_by, first = line
    # What waits since before there were lines stands in none.
    whose = before.split(":", 2)[2] if before else requested_by or ""
    lane = turns.lane_of(kind, priority, whose)
    behind = turns.next_turn(session, kind, lane, priority) - first
    of_line = (Run.lane == before) & (Run.kind == kind) & Run.requested_by.is_not_distinct_from(requested_by)
    session.execute(
        update(Run)
        .where(others, of_line)
        .values(lane=lane, priority=priority, turn=Run.turn + behind)
        .execution_options(synchronize_session=False)
    )


def cancel(session: Session, which: ColumnElement[bool]) -> list[str]:
    """End what waits or runs of these; returns their subjects. A running worker finds its fence gone."""
    ended = session.execute(
        update(Run)
        .where(which, Run.state.in_((WAITING, RUNNING)))
        .values(
            state=CANCELLED,
            paused=False,
            fence=Run.fence + 1,
            finished_at=database_now(session),
            lease_until=None,
        )
        .returning(Run.id, Run.subject)
        .execution_options(synchronize_session=False)
    ).all()
    notices.note_runs(session, [row.id for row in ended], CANCELLED)
    return [row.subject for row in ended]


def cancel_open(session: Session, subject: str) -> None:
    """Cancel what waits or runs for this subject."""
    cancel(session, Run.subject == subject)


def is_open(session: Session, subject: str) -> bool:
    """Whether a run on this subject waits or runs."""
    return (
        session.scalar(select(Run.id).where(Run.subject == subject, Run.state.not_in(ENDED)).limit(1))
        is not None
    )


def _nudge_later(session: Session, run_ids: Sequence[str], nudge: Nudge) -> None:
    for run_id in run_ids[:NUDGES_AT_ONCE]:
        after_commit(session, lambda run_id=run_id: nudge(run_id))  # type: ignore[misc]
