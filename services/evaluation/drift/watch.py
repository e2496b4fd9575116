"""Checks that nobody asked for, in the api's process: a run under a lease, so of several apis one checks.

On start and by the schedule a check waits until nobody asks the engine anything; in the hour that an
administrator named it does not wait.
"""

import asyncio
import logging
import re
from contextlib import suppress
from datetime import datetime

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import audit, errors, runs
from services.answers.admission import Admission
from services.database.session import now
from services.database.tables.drift import CanaryRecord, DriftCheck
from services.database.tables.runs import ENDED, Run
from services.evaluation.drift import checking, queries, schedule
from services.evaluation.drift.schedule import Due, Standing
from services.evaluation.drift.verdict import Verdict
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)
KIND = "drift"
LOOK_EVERY_S = 20.0
LEASE_S = 900.0
"""Longer than any check takes."""
AGAIN_S = 600.0
"""How long after one that failed the next is tried."""
WORKER = "api"
MOST_FAILURES = 1000  # each check is a run of its own, so none is ever quarantined
BUSY = re.compile(r"^vllm:num_requests_(?:running|waiting)\{[^}]*\} (?P<count>[\d.e+]+)", re.MULTILINE)


class Watch:
    """Looks now and then whether a check is due, and makes it."""

    def __init__(self, admission: Admission, resources: Resources) -> None:
        self._admission, self._resources, self._started_at = admission, resources, now()

    async def work_once(self) -> bool:
        """Make the check that is due, if any; returns False, for the next is due only later."""
        due = await run_in_threadpool(self._due)
        if due is None or (due.when_idle and not await self._is_idle()):
            return False
        if not await self._resources.model.is_ready():
            return False
        claim = await run_in_threadpool(self._claim)
        if claim is not None:
            await self._check(claim, due)
        return False

    async def _is_idle(self) -> bool:
        """Whether neither this api nor, as far as the engine tells, any other asks it anything."""
        if self._admission.running or self._admission.waiting:
            return False
        try:
            told = await self._resources.model.metrics()
        except errors.EngineUnavailable:
            return False
        return not any(float(found["count"]) for found in BUSY.finditer(told))

    async def _check(self, claim: Claim, due: Due) -> None:
        try:
            record, verdict = await checking.check_recorded(self._resources)
        except errors.HoldfastError as error:
            with suppress(errors.LeaseLost):
                await run_in_threadpool(self._fail, claim, error)
            return
        except asyncio.CancelledError:  # this api stops: the next start need not wait for the lease's end
            with suppress(errors.HoldfastError):
                self._hand_back(claim)
            raise
        with suppress(errors.LeaseLost):
            await run_in_threadpool(self._note, claim, due, record, verdict)
        log.info("drift was checked", extra={"state": verdict.state, "begun_by": due.begun_by})

    def _note(self, claim: Claim, due: Due, record: CanaryRecord, verdict: Verdict) -> None:
        with self._resources.transactions.write() as session:
            release_id = self._resources.lock.release_id
            check = queries.note(session, record, release_id, verdict, begun_by=due.begun_by)
            audit.record(session, "", "drift.check", check.id, state=check.state, begun_by=due.begun_by)
            runs.finish(session, claim)

    def _hand_back(self, claim: Claim) -> None:
        with self._resources.transactions.write() as session:
            runs.hand_back(session, claim, errors.Unavailable(retry_after=1), retry_after_s=1)

    def _fail(self, claim: Claim, error: errors.HoldfastError) -> None:
        with self._resources.transactions.write() as session:
            runs.fail(session, claim, error, max_failures=MOST_FAILURES)

    def _due(self) -> Due | None:
        with self._resources.transactions.read() as session:
            return self._due_in(session)

    def _due_in(self, session: Session) -> Due | None:
        moment = now()
        found = standing_of(session, self._resources.lock.release_id, self._started_at)
        due = schedule.due(self._resources.settings.drift, found, moment)
        return None if due is None or self._failed_lately(session, moment) else due

    def _failed_lately(self, session: Session, moment: datetime) -> bool:
        ended = session.scalar(
            select(func.max(Run.finished_at)).where(
                Run.kind == KIND, Run.subject == self._resources.lock.release_id, Run.error_code != ""
            )
        )
        return ended is not None and (moment - ended).total_seconds() < AGAIN_S

    def _claim(self) -> Claim | None:
        """The release's one open run, made where there is none; None while another api has it."""
        release_id = self._resources.lock.release_id
        with self._resources.transactions.write() as session:
            if self._due_in(session) is None:  # another api was quicker
                return None
            open_id = session.scalar(
                select(Run.id).where(Run.kind == KIND, Run.subject == release_id, Run.state.not_in(ENDED))
            )
            run_id = open_id or runs.request(session, KIND, release_id, requested_by=None).id
            return runs.claim(session, run_id, worker=WORKER, lease_s=LEASE_S)


def standing_of(session: Session, release_id: str, started_at: datetime) -> Standing:
    """What is known of the release by its own recordings: that another answers otherwise is no drift."""
    recorded = select(func.max(CanaryRecord.recorded_at)).where(CanaryRecord.release_id == release_id)
    checked = select(func.max(DriftCheck.checked_at)).where(DriftCheck.release_id == release_id)
    return Standing(started_at, session.scalar(recorded), session.scalar(checked))
