"""Answers batches, one question after the other, in the api's process: there the indexes and the model are.

A batch is a run under a lease, so several apis share the work, and one that dies leaves its batch to another.
Every question is asked by the caller as they are at that moment: who was suspended, or whose key or session
ended, is answered no more. People who wait come first.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi.concurrency import run_in_threadpool

from services import errors, runs
from services.answers import ask, batches
from services.answers.admission import Admission, at_once
from services.answers.asked import question_of
from services.answers.records import Problem
from services.answers.schemas import AnswerOut, AskRequest
from services.answers.work import Question
from services.database.session import now
from services.database.tables.batches import AnswerBatch, BatchQuestion
from services.identity import callers, limits
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)
LEASE_S = 300.0
"""Longer than any one answer takes; renewed with each."""
LOOK_EVERY_S = 2.0
AGAIN_S = 15
MOST_ATTEMPTS = 5
MOST_FAILURES = 2
"""Never reached: who failed asks anew."""
WORKER = "api"


End = Callable[[Claim, errors.HoldfastError, Resources], None]


class Batches:
    """Works while `serving`; `look` says that there is something to do."""

    def __init__(self, admission: Admission, resources: Resources) -> None:
        self._admission, self._resources = admission, resources
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def look(self) -> None:
        """From any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Batches"]:
        self._loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._keep_working())
        try:
            yield self
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _keep_working(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self.work_once():
                    pass
            except errors.HoldfastError as error:
                log.warning("batches wait", extra={"code": error.code})
            except Exception:  # the next batch may go well
                log.exception("a batch broke off")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY_S)

    async def work_once(self) -> bool:
        """Answer one batch as far as it goes; returns whether there was one to be had."""
        claim = await run_in_threadpool(_claim, self._resources)
        if claim is None:
            return False
        try:
            for number in await run_in_threadpool(_pending, claim, self._resources):
                await self._answer(claim, number)
            await run_in_threadpool(_finish, claim, self._resources)
        except errors.LeaseLost:
            log.info("a batch was cancelled, or is another's now", extra={"run": claim.run_id})
        except (errors.Unavailable, errors.TooManyRequests) as error:
            await self._end(_hand_back, claim, error)
        except errors.HoldfastError as error:
            await self._end(_fail, claim, error)
        except asyncio.CancelledError:  # this api stops: another need not wait for the lease to end
            await self._end(_hand_back, claim, errors.Unavailable(retry_after=1))
            raise
        return True

    async def _end(self, how: End, claim: Claim, error: errors.HoldfastError) -> None:
        with suppress(errors.LeaseLost):
            await run_in_threadpool(how, claim, error, self._resources)

    async def _answer(self, claim: Claim, number: int) -> None:
        waited_s = 0.0
        while self._admission.waiting:
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            if waited_s > LEASE_S / 3:  # handed back it costs no attempt, as a lease that runs out would
                raise errors.Unavailable("People's questions come first", retry_after=AGAIN_S)
        question = await run_in_threadpool(_question, claim, number, self._resources)
        if isinstance(question, errors.HoldfastError):
            await run_in_threadpool(_note, claim, number, question, self._resources)
            return
        if not await self._resources.model.is_ready():
            raise errors.EngineUnavailable
        ticket = self._admission.enter(question.caller.person_id)
        outcome = await at_once(ticket, ask.answer_at_once(question, self._resources))
        if isinstance(outcome, Problem) and outcome.status == errors.Unavailable.status:
            raise errors.EngineUnavailable(outcome.detail)
        await run_in_threadpool(_note, claim, number, outcome, self._resources)


def _claim(resources: Resources) -> Claim | None:
    with resources.transactions.read() as session:
        if not runs.next_ids(session, batches.KIND, 1):
            return None
    with resources.transactions.write() as session:
        return next(iter(runs.claim_next(session, batches.KIND, worker=WORKER, lease_s=LEASE_S)), None)


def _pending(claim: Claim, resources: Resources) -> list[int]:
    """Numbers of the questions that are not done; errors.HoldfastError where it was begun too often."""
    if claim.attempts > MOST_ATTEMPTS:
        raise errors.HoldfastError("Its answers broke off again and again")
    with resources.transactions.read() as session:
        batch = session.get(AnswerBatch, claim.subject)
        return [one.number for one in batch.questions if one.done_at is None] if batch else []


def _question(claim: Claim, number: int, resources: Resources) -> Question | errors.HoldfastError:
    """The question as its asker may ask it now; the error where what it names is no longer theirs."""
    with resources.transactions.read() as session:
        asker = batches.asker(session.get_one(AnswerBatch, claim.subject))
    callers.renew(asker, resources)
    with resources.transactions.read() as session:
        batch = session.get_one(AnswerBatch, claim.subject)
        caller = callers.now_in(session, asker)
        wanted = session.get_one(BatchQuestion, (batch.id, number)).wanted
    if caller.has_expired:  # else all that is there would be refused as if it were not
        raise errors.ClaimsExpired
    caller.require("ask")
    limits.require_tokens(caller, resources)
    try:
        return question_of(AskRequest.model_validate(wanted), caller, resources)
    except (errors.NotFound, errors.InvalidRequest) as error:
        return error


def _note(
    claim: Claim, number: int, outcome: AnswerOut | Problem | errors.HoldfastError, resources: Resources
) -> None:
    """Write down what came of one question, and renew the lease."""
    with resources.transactions.write() as session:
        batch = session.get_one(AnswerBatch, claim.subject)
        done = sum(one.done_at is not None for one in batch.questions) + 1
        runs.progress(session, claim, "answer", done, len(batch.questions), lease_s=LEASE_S)
        row = session.get_one(BatchQuestion, (claim.subject, number))
        row.done_at = now()
        row.answer_id = _answer_id(outcome)
        row.error_code = "" if isinstance(outcome, AnswerOut) else outcome.code


def _answer_id(outcome: AnswerOut | Problem | errors.HoldfastError) -> str | None:
    if isinstance(outcome, AnswerOut):
        return outcome.id
    return outcome.answer_id if isinstance(outcome, Problem) else None


def _finish(claim: Claim, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.finish(session, claim)


def _fail(claim: Claim, error: errors.HoldfastError, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.fail(session, claim, error, max_failures=MOST_FAILURES)


def _hand_back(claim: Claim, error: errors.HoldfastError, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.hand_back(session, claim, error, retry_after_s=error.retry_after or AGAIN_S)
