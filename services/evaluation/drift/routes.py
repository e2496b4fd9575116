"""REST of drift, for administrators: record the release's canaries, check them, and the history of checks."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, status
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from services import audit, runs
from services.answers import standing
from services.database.session import now
from services.database.tables.drift import ON_DEMAND, CanaryRecord, DriftCheck
from services.dependencies import Opened, Page, Reading, next_cursor
from services.evaluation.drift import checking, queries, schedule, watch
from services.evaluation.drift.recording import Recording
from services.evaluation.drift.verdict import Verdict
from services.identity.callers import Caller, MayAdminister
from services.resources import Resources

router = APIRouter(prefix="/api/v1/drift", tags=["drift"])


class RecordOut(BaseModel):
    id: str
    release_id: str
    file_digest: str
    """The recording's file in the store: frozen passages and vectors, found ids, tokens."""
    questions: int
    recorded_at: datetime


class CheckOut(BaseModel):
    """`state` is the worst of the `parts`: `exact`, `within_tolerance` or `drifted`."""

    id: str
    release_id: str
    record_id: str
    state: str
    parts: dict[str, str]
    findings: dict[str, list[str]]
    begun_by: Literal["on-demand", "on-start", "scheduled"]
    checked_at: datetime


class CheckPage(BaseModel):
    items: list[CheckOut]
    next_cursor: str | None = None


class DriftState(BaseModel):
    """The running release: what was recorded and found last, when the next check is due, and what it may do.

    `next_at` is null where nothing is scheduled, or nothing was recorded of this release to compare with.
    """

    release_id: str
    recorded_at: datetime | None
    newest: CheckOut | None
    on_start: bool
    every_hours: float
    at_hour: int | None
    next_at: datetime | None
    is_checking: bool
    stops_answering: bool
    is_answering: bool


@router.post("/records", status_code=status.HTTP_201_CREATED)
async def record_canaries(caller: MayAdminister, resources: Opened) -> RecordOut:
    """Ask the running release its canaries and keep what it makes of them as what to compare with."""
    recording = await checking.record(resources)
    return await run_in_threadpool(_keep, recording, caller, resources)


@router.post("/checks", status_code=status.HTTP_201_CREATED)
async def check_canaries(caller: MayAdminister, resources: Opened) -> CheckOut:
    """Ask the canaries again; errors 404 while nothing was recorded, and 503 while the engine is away."""
    row, found = await checking.check_recorded(resources)
    return await run_in_threadpool(_note, row, found, caller, resources)


@router.get("/state")
def show_state(_caller: MayAdminister, session: Reading, resources: Opened) -> DriftState:
    """Where the running release stands."""
    settings, release_id = resources.settings.drift, resources.lock.release_id
    found = watch.standing_of(session, release_id, now())
    newest = queries.newest_check(session, release_id)
    return DriftState(
        release_id=release_id,
        recorded_at=found.recorded_at,
        newest=_check(newest) if newest else None,
        on_start=settings.on_start,
        every_hours=settings.every_hours,
        at_hour=settings.at_hour,
        next_at=schedule.next_at(settings, found),
        is_checking=runs.is_open(session, release_id),
        stops_answering=settings.stop_answering,
        is_answering=standing.may_answer(session, resources),
    )


@router.get("/checks")
def list_checks(_caller: MayAdminister, session: Reading, page: Page) -> CheckPage:
    """What the checks found, newest first."""
    found = queries.checks_page(session, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return CheckPage(items=[_check(row) for row in shown], next_cursor=next_cursor(last))


def _keep(recording: Recording, caller: Caller, resources: Resources) -> RecordOut:
    digest = resources.files.save_bytes(recording.as_bytes())
    with resources.transactions.write() as session:
        row = queries.keep(session, recording, digest, caller.person_id)
        audit.record(
            session, caller.person_id, "drift.record", row.id,
            credential=caller.credential_id, release=row.release_id,
        )  # fmt: skip
        return RecordOut(
            id=row.id,
            release_id=row.release_id,
            file_digest=row.file_digest,
            questions=row.questions,
            recorded_at=row.recorded_at,
        )


def _note(row: CanaryRecord, found: Verdict, caller: Caller, resources: Resources) -> CheckOut:
    with resources.transactions.write() as session:
        check = queries.note(
            session, row, resources.lock.release_id, found, begun_by=ON_DEMAND, person_id=caller.person_id
        )
        audit.record(
            session, caller.person_id, "drift.check", check.id,
            credential=caller.credential_id, state=check.state,
        )  # fmt: skip
        return _check(check)


def _check(row: DriftCheck) -> CheckOut:
    return CheckOut(
        id=row.id,
        release_id=row.release_id,
        record_id=row.record_id,
        state=row.state,
        parts=row.parts,
        findings=row.findings,
        begun_by=row.begun_by,
        checked_at=row.checked_at,
    )
