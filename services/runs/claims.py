"""A worker's side of a run: claim it, say how far it is, end it; every write under the claim's fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, Update, or_, select, update
from sqlalchemy.orm import Session

from services import errors, notices
from services.database.tables.library import Version
from services.database.tables.runs import DONE, FAILED, QUARANTINED, RUNNING, WAITING, Run
from services.runs import turns
from services.runs.clock import database_now


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one run, until its lease ends or another claims it."""

    run_id: str
    fence: int
    subject: str
    attempts: int
    failures: int
    payload: dict[str, Any]


def claim(session: Session, run_id: str, *, worker: str, lease_s: float) -> Claim | None:
    """Take this run if it waits, or runs past its lease; None when it is not to be had.

    For kinds of which a nudge means that very run; `claim_next` is for those that wait in turns.
    """
    moment = database_now(session)
    waits = (Run.state == WAITING) & ~Run.paused
    orphaned = (Run.state == RUNNING) & (Run.lease_until < moment)
    wanted = update(Run).where(Run.id == run_id, or_(waits, orphaned))
    return next(iter(_claims(session, wanted, _taken(worker, moment, lease_s))), None)


def claim_next(
    session: Session,
    kind: str,
    *,
    worker: str,
    lease_s: float,
    limit: int = 1,
    among: Select[str] | None = None,
) -> list[Claim]:
    """Take up to `limit` runs whose turn it is, in that order; of these subjects only, unless None.

    Rows that another worker is just claiming are passed over, so workers never wait for one another.
    """
    moment = database_now(session)
    wanted = turns.in_turn(kind, moment).limit(limit).with_for_update(skip_locked=True)
    if among is not None:
        wanted = wanted.where(Run.subject.in_(among))
    return _take(session, session.scalars(wanted).all(), _taken(worker, moment, lease_s))


def claim_more(
    session: Session, kind: str, *, worker: str, lease_s: float, limit: int, most_bytes: int
) -> list[Claim]:
    """Of the next `limit` runs take those on small files, together at most `most_bytes`, to be read at once.

    Only what was never tried: a run that ended a worker is done alone, so that it cannot end others' with it.
    """
    moment = database_now(session)
    wanted = (
        turns.in_turn(kind, moment)
        .join(Version, Version.id == Run.subject)
        .add_columns(Version.file_bytes, Run.attempts)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Run)
    )
    ids: list[str] = []
    for run_id, size, attempts in session.execute(wanted).all():
        if attempts == 0 and size <= most_bytes:
            ids.append(run_id)
            most_bytes -= size
    return _take(session, ids, _taken(worker, moment, lease_s))


def _take(session: Session, ids: Sequence[str], values: dict[str, Any]) -> list[Claim]:
    if not ids:
        return []
    found = {claim.run_id: claim for claim in _claims(session, update(Run).where(Run.id.in_(ids)), values)}
    return [found[run_id] for run_id in ids]


def _claims(session: Session, wanted: Update, values: dict[str, Any]) -> list[Claim]:
    taken = wanted.values(values).execution_options(synchronize_session=False)
    rows = session.execute(
        taken.returning(Run.id, Run.fence, Run.subject, Run.attempts, Run.failures, Run.payload)
    )
    return [
        Claim(run_id, fence, subject, attempts, failures, dict(payload))
        for run_id, fence, subject, attempts, failures, payload in rows
    ]


def _taken(worker: str, moment: datetime, lease_s: float) -> dict[str, Any]:
    return {
        "state": RUNNING,
        "fence": Run.fence + 1,
        "attempts": Run.attempts + 1,
        "worker": worker,
        "stage": "",
        "done": 0,
        "total": 0,
        "error_code": "",
        "error_reason": "",
        "started_at": moment,
        "heartbeat_at": moment,
        "not_before": None,
        "lease_until": moment + timedelta(seconds=lease_s),
    }


def progress(session: Session, claim: Claim, stage: str, done: int, total: int, *, lease_s: float) -> None:
    """Say how far the run is and renew its lease; errors.LeaseLost when another holds it."""
    moment = database_now(session)
    _hold(
        session,
        claim,
        stage=stage,
        done=done,
        total=total,
        heartbeat_at=moment,
        lease_until=moment + timedelta(seconds=lease_s),
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
    notices.note_runs(session, [claim.run_id], DONE)


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
    notices.note_runs(session, [claim.run_id], state)
    return state


def hand_back(
    session: Session, claim: Claim, error: errors.HoldfastError, *, retry_after_s: float = 30.0
) -> None:
    """Put the run back to wait, because a part was down: this spends no attempt and no failure.

    It keeps its turn, but is not to be had for a while, so a part that stays down is not asked in a tight
    loop.
    """
    moment = database_now(session)
    _hold(
        session,
        claim,
        state=WAITING,
        attempts=Run.attempts - 1,
        lease_until=None,
        sent_at=moment,
        not_before=moment + timedelta(seconds=retry_after_s),
        error_code=error.code,
        error_reason=error.detail,
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
