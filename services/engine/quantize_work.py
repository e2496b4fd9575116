"""Works on the quantizations that were asked for, one after the other, in the api's process.

The work itself is a child of the quantize environment; here its progress is written down under the run's
lease, and it is ended where the run was cancelled or this api stops. What is made becomes a model only once
it is whole, so whatever ends in between leaves nothing that looks finished; the same order then goes on.
"""

import asyncio
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fastapi.concurrency import run_in_threadpool

from services import errors, runs
from services.database.tables.runs import Run
from services.engine import orders, quantize_runs, quantizing
from services.engine.model_store import ModelStore
from services.engine.orders import Order, Recipe
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)
SHIPPED = Path(__file__).parents[2] / "deploy" / "demo" / "calibration.jsonl"
LOOK_EVERY_S = 5.0
LEASE_S = 60.0
PULSE_S = 1.0
RENEW_EVERY = 15  # pulses without news after which the lease is renewed all the same
MOST_ATTEMPTS = 3
MOST_FAILURES = 2
"""Never reached: who failed asks anew."""
WORKER = "api"


@dataclass(slots=True)
class _News:
    """What the child told last; written by its thread, read by ours."""

    stage: str = "starting"
    done: int = 0
    total: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, stage: str, done: int, total: int) -> None:
        self.stage, self.done, self.total = stage, done, total

    @property
    def seen(self) -> tuple[str, int, int]:
        return self.stage, self.done, self.total


async def work_once(resources: Resources) -> bool:
    """Work on one of them as far as it goes; returns whether there was one to be had."""
    claim = await run_in_threadpool(_claim, resources)
    if claim is None:
        return False
    news = _News()
    work = asyncio.create_task(asyncio.to_thread(_quantize, claim, news, resources))
    try:
        await _follow(claim, work, news, resources)
        folder = await work
        await run_in_threadpool(_finish, claim, folder, resources)
    except errors.LeaseLost:
        log.info("a quantization was cancelled, or is another's now", extra={"run": claim.run_id})
        await _stopped(work, news)
    except errors.Unavailable:  # the database is away: the same order goes on later
        await _stopped(work, news)
        with suppress(errors.HoldfastError):
            await run_in_threadpool(_hand_back, claim, resources)
    except errors.HoldfastError as error:
        await _stopped(work, news)
        with suppress(errors.LeaseLost):
            await run_in_threadpool(_fail, claim, error, resources)
    except asyncio.CancelledError:  # this api stops: another, or its next start, goes on
        await _stopped(work, news)
        with suppress(errors.LeaseLost):
            _hand_back(claim, resources)
        raise
    return True


async def _follow(claim: Claim, work: "asyncio.Task[str]", news: _News, resources: Resources) -> None:
    """Write down how far it is until it ends; errors.LeaseLost once the run is no longer ours."""
    written, silent = ("", 0, 0), 0
    while not work.done():
        if news.seen != written or silent >= RENEW_EVERY:
            written, silent = news.seen, 0
            await run_in_threadpool(_progress, claim, written, resources)
        elif silent % 2:
            await run_in_threadpool(_require_held, claim, resources)
        silent += 1
        await asyncio.wait({work}, timeout=PULSE_S)


async def _stopped(work: "asyncio.Task[str]", news: _News) -> None:
    """The child ended and its thread left, whatever it came to."""
    news.stop.set()
    while not work.done():
        await asyncio.wait({work}, timeout=PULSE_S)
    if not work.cancelled():
        work.exception()


def _quantize(claim: Claim, news: _News, resources: Resources) -> str:
    if claim.attempts > MOST_ATTEMPTS:
        raise errors.HoldfastError("It broke off again and again")
    recipe = Recipe(**claim.payload["recipe"])
    order = Order(str(claim.payload["model"]), recipe, _texts(claim, resources))
    return quantizing.quantize(resources.settings, order, news.tell, news.stop)[0].folder


def _texts(claim: Claim, resources: Resources) -> tuple[str, ...]:
    if not claim.payload["collection"]:
        return orders.read_texts(SHIPPED)
    with resources.transactions.write() as session:
        asker = _asker(session.get_one(Run, claim.run_id))
        digests = quantize_runs.calibration_digests(session, claim.payload, asker)
    return tuple(piece for digest in digests for piece in orders.split(resources.files.read_text(digest)))


def _asker(run: Run) -> str:
    if run.requested_by is None:
        raise errors.NotSignedIn("Who asked for it is gone")
    return run.requested_by


def _claim(resources: Resources) -> Claim | None:
    with resources.transactions.read() as session:
        if not runs.next_ids(session, quantize_runs.KIND, 1):
            return None
    with resources.transactions.write() as session:
        return next(iter(runs.claim_next(session, quantize_runs.KIND, worker=WORKER, lease_s=LEASE_S)), None)


def _progress(claim: Claim, news: tuple[str, int, int], resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.progress(session, claim, *news, lease_s=LEASE_S)


def _require_held(claim: Claim, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.require_held(session, claim)


def _finish(claim: Claim, folder: str, resources: Resources) -> None:
    with resources.transactions.write() as session:
        asker = session.get_one(Run, claim.run_id).requested_by or ""
        quantize_runs.finish(session, claim, folder, asker)


def _fail(claim: Claim, error: errors.HoldfastError, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.fail(session, claim, error, max_failures=MOST_FAILURES)


def _hand_back(claim: Claim, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.hand_back(session, claim, errors.Unavailable(retry_after=1), retry_after_s=1)


def forget_abandoned(resources: Resources) -> None:
    """Remove calibration texts that a killed process left behind; whoever goes on writes them anew."""
    quantizing.forget_abandoned(ModelStore(resources.settings.models_root))
