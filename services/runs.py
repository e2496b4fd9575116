"""All long work: one table, one writer. Everyone *requests* runs here; workers claim them under a lease.

A claim is one UPDATE … WHERE, so of two workers one wins; it raises the row's `fence`, and every later
write of that worker names the fence it was given, so a worker that lost its lease can change nothing.
Lease times are the database's clock, never a worker's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, Update, func, or_, select, update
from sqlalchemy.orm import Session

from services import errors
from services.database.session import after_commit, now
from services.database.tables.runs import (
    CANCELLED,
    DONE,
    ENDED,
    FAILED,
    QUARANTINED,
    RUNNING,
    WAITING,
    Run,
)

INGEST, REPAIR = "ingest", "repair"


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one run, until its lease ends or another claims it."""

    run_id: str
    fence: int
    subject: str
    attempts: int
    failures: int
    payload: dict[str, Any]


def database_now(session: Session) -> datetime:
    """The database's clock in UTC: all leases are measured by it."""
    moment = session.scalar(select(func.current_timestamp()))
    if isinstance(moment, str):  # SQLite answers in text
        moment = datetime.fromisoformat(moment)
    if moment is None:
        raise errors.DatabaseUnavailable
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def request(
    session: Session,
    kind: str,
    subject: str,
    *,
    requested_by: str | None,
    priority: int = 0,
    nudge: Any = None,
    payload: dict[str, Any] | None = None,
) -> Run:
    """Ask for a run in the caller's transaction; `nudge(run_id)` is called once that has committed."""
    run = Run(kind=kind, subject=subject, requested_by=requested_by, priority=priority, payload=payload or {})
    session.add(run)
    session.flush()
    if nudge is not None:
        run_id, run.sent_at = run.id, database_now(session)
        after_commit(session, lambda: nudge(run_id))
    return run


def claim(session: Session, run_id: str, *, worker: str, lease_s: float) -> Claim | None:
    """Take a waiting run, or a running one whose lease has ended; None when it is not to be had."""
    moment = database_now(session)
    taken = _changed(
        session,
        update(Run)
        .where(
            Run.id == run_id,
            or_(Run.state == WAITING, (Run.state == RUNNING) & (Run.lease_until < moment)),
        )
        .values(
            state=RUNNING,
            fence=Run.fence + 1,
            attempts=Run.attempts + 1,
            worker=worker,
            stage="",
            done=0,
            total=0,
            error_code="",
            error_reason="",
            started_at=moment,
            lease_until=moment + timedelta(seconds=lease_s),
        ),
    )
    if not taken:
        return None
    run = session.get_one(Run, run_id, populate_existing=True)
    return Claim(run.id, run.fence, run.subject, run.attempts, run.failures, dict(run.payload))


def progress(session: Session, claim: Claim, stage: str, done: int, total: int, *, lease_s: float) -> None:
    """Say how far the run is and renew its lease; errors.LeaseLost when another holds it."""
    _hold(
        session,
        claim,
        stage=stage,
        done=done,
        total=total,
        lease_until=database_now(session) + timedelta(seconds=lease_s),
    )


def require_held(session: Session, claim: Claim) -> None:
    """errors.LeaseLost unless this claim still holds its run; locks the row for the transaction."""
    held = session.scalar(
        select(Run.id)
        .where(Run.id == claim.run_id, Run.fence == claim.fence, Run.state == RUNNING)
        .with_for_update()
    )
    if held is None:
        raise errors.LeaseLost


def finish(session: Session, claim: Claim) -> None:
    """End the run as done; errors.LeaseLost when another holds it."""
    _hold(session, claim, state=DONE, finished_at=database_now(session), lease_until=None)


def fail(session: Session, claim: Claim, error: errors.HoldfastError, *, max_failures: int) -> str:
    """End the run as failed, or as quarantined after `max_failures`; returns the state."""
    state = QUARANTINED if claim.failures + 1 >= max_failures else FAILED
    _hold(
        session,
        claim,
        state=state,
        failures=claim.failures + 1,
        error_code=error.code,
        error_reason=error.detail,
        finished_at=database_now(session),
        lease_until=None,
    )
    return state


def hand_back(session: Session, claim: Claim, error: errors.HoldfastError) -> None:
    """Put the run back to wait, because a part was down: this spends no attempt and no failure.

    Upkeep sends it again after a while, so a part that stays down is not asked in a tight loop.
    """
    _hold(
        session,
        claim,
        state=WAITING,
        attempts=Run.attempts - 1,
        lease_until=None,
        sent_at=database_now(session),
        error_code=error.code,
        error_reason=error.detail,
    )


def retry(session: Session, run: Run, *, nudge: Any) -> None:
    """Let an ended run wait again; errors.Conflict unless it failed.

    Failures go on being counted until the run is quarantined: only from there it begins anew.
    """
    if run.state not in (FAILED, QUARANTINED, CANCELLED):
        raise errors.Conflict("Only a failed job can be tried again")
    run.failures = 0 if run.state == QUARANTINED else run.failures
    run.state, run.attempts = WAITING, 0
    run.error_code = run.error_reason = ""
    run.finished_at = run.sent_at = None
    run_id = run.id
    after_commit(session, lambda: nudge(run_id))


def cancel_open(session: Session, subject: str) -> None:
    """Cancel what waits or runs for this subject; a running worker finds its fence gone."""
    session.execute(
        update(Run)
        .where(Run.subject == subject, Run.state.in_((WAITING, RUNNING)))
        .values(state=CANCELLED, fence=Run.fence + 1, finished_at=now(), lease_until=None)
    )


def take_unsent(session: Session, *, resend_after_s: float, limit: int = 500) -> Sequence[tuple[str, str]]:
    """Ids and kinds of runs nobody works on: never sent, sent too long ago, or past their lease.

    They are marked as sent, so that the next look leaves them alone for `resend_after_s`.
    """
    moment = database_now(session)
    stale = moment - timedelta(seconds=resend_after_s)
    due = session.execute(_due(moment, stale).limit(limit)).all()
    session.execute(update(Run).where(Run.id.in_([row.id for row in due])).values(sent_at=moment))
    return [(row.id, row.kind) for row in due]


def _due(moment: datetime, stale: datetime) -> Select[str, str]:
    waiting = (Run.state == WAITING) & or_(Run.sent_at.is_(None), Run.sent_at < stale)
    orphaned = (Run.state == RUNNING) & (Run.lease_until < moment)
    unsent = or_(Run.sent_at.is_(None), Run.sent_at < stale)
    return (
        select(Run.id, Run.kind)
        .where(or_(waiting, orphaned & unsent))
        .order_by(Run.priority.desc(), Run.created_at)
    )


def is_open(session: Session, subject: str) -> bool:
    """Whether a run on this subject waits or runs."""
    return (
        session.scalar(select(Run.id).where(Run.subject == subject, Run.state.not_in(ENDED)).limit(1))
        is not None
    )


def _hold(session: Session, claim: Claim, **values: Any) -> None:
    changed = _changed(
        session,
        update(Run)
        .where(Run.id == claim.run_id, Run.fence == claim.fence, Run.state == RUNNING)
        .values(**values),
    )
    if not changed:
        raise errors.LeaseLost


def _changed(session: Session, statement: Update) -> bool:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1
