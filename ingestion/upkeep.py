"""Upkeep: decides what is due and requests it; holds no state, so it may die at any moment.

`python -m ingestion.upkeep` looks every few seconds; `--once` looks a single time (for a CronJob).
"""

import argparse
import logging
import signal
import threading
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion import pulse, trail
from services import errors, runs, syncs, telemetry
from services.adapters.job_queue import CLEANUP_TASK, INGEST_TASK, RECEIPTS_TASK, REPAIR_TASK, JobQueue
from services.database import removals, schema
from services.database.session import Transactions, open_engine
from services.database.tables.library import Purge
from services.database.tables.runs import ENDED, Run
from services.settings import Ingestion, load_settings

log = logging.getLogger(__name__)
TASKS = {
    runs.INGEST: INGEST_TASK,
    runs.REPAIR: REPAIR_TASK,
    runs.CLEANUP: CLEANUP_TASK,
    runs.RECEIPTS: RECEIPTS_TASK,
    syncs.SYNC: syncs.SYNC_TASK,
}
IN_TURNS = (runs.INGEST,)
"""Kinds of which a nudge means "there is work": the worker takes the run whose turn it is."""
NUDGES_AHEAD = 100
"""More nudges than this need not lie in the queue: each look adds what is missing."""


def look(transactions: Transactions, queue: JobQueue, settings: Ingestion) -> None:
    """Request what is due, then send every run that nobody works on."""
    with transactions.write() as session:
        if repair_is_due(session, settings):
            runs.request(session, runs.REPAIR, "index", requested_by=None)
        if is_due(session, runs.CLEANUP, settings.clean_every_s):
            runs.request(session, runs.CLEANUP, "files", requested_by=None)
        if is_due(session, runs.RECEIPTS, settings.purge_every_s) and removals.without_receipt(session, 1):
            runs.request(session, runs.RECEIPTS, "documents", requested_by=None)
        syncs.request_due(session)
        runs.reclaim(session)
        named = [kind for kind in TASKS if kind not in IN_TURNS]
        unsent = runs.take_unsent(session, named, resend_after_s=settings.resend_after_s)
    for kind in IN_TURNS:
        _top_up(transactions, queue, kind)
    for run_id, kind in unsent:
        queue.send(TASKS[kind], run_id)


def _top_up(transactions: Transactions, queue: JobQueue, kind: str) -> None:
    """Let as many nudges lie in the queue as there are runs to be had: a lost one is replaced.

    However long runs wait, the queue does not grow, for a nudge is for any of them.
    """
    with transactions.read() as session:
        waiting = runs.next_ids(session, kind, NUDGES_AHEAD)
    if not waiting:
        return
    for run_id in waiting[: max(0, len(waiting) - queue.waiting())]:
        queue.send(TASKS[kind], run_id)


def repair_is_due(session: Session, settings: Ingestion) -> bool:
    """Whether the index should be compared with SQL now: sooner when something waits to be purged."""
    pending = session.scalar(select(Purge.version_id).where(Purge.done_at.is_(None)).limit(1))
    return is_due(session, runs.REPAIR, settings.purge_every_s if pending else settings.compare_every_s)


def is_due(session: Session, kind: str, every_s: float) -> bool:
    """Whether none of the kind is open, and the last was requested so long ago, or never."""
    last_request = session.scalar(select(func.max(Run.created_at)).where(Run.kind == kind))
    if last_request is None:
        return True
    if session.scalar(select(Run.id).where(Run.kind == kind, Run.state.not_in(ENDED)).limit(1)):
        return False
    return runs.database_now(session) - last_request >= timedelta(seconds=every_s)


def keep_looking(ended: threading.Event) -> None:
    """Look until `ended`; a part that is down is tried again at the next look."""
    settings = load_settings()
    engine = open_engine(settings)
    transactions, queue = Transactions(engine), JobQueue(settings.queue)
    while not ended.is_set():
        try:
            schema.require_current(engine)
            look(transactions, queue, settings.ingestion)
            trail.look_after(transactions, settings)
        except errors.Unavailable as error:
            log.warning("a part is down", extra={"code": error.code})
        ended.wait(settings.ingestion.look_every_s)
    queue.close()
    engine.dispose()


def main() -> None:
    arguments = argparse.ArgumentParser(description="Look for what is due.")
    arguments.add_argument("--once", action="store_true", help="look a single time and end")
    telemetry.set_up_logging("upkeep")
    ended = threading.Event()
    if arguments.parse_args().once:
        settings = load_settings()
        engine = open_engine(settings)
        schema.require_current(engine)
        look(Transactions(engine), JobQueue(settings.queue), settings.ingestion)
        trail.look_after(Transactions(engine), settings)
        return
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: ended.set())
    with pulse.beating(pulse.folder_in(load_settings().data_dir), "upkeep"):
        keep_looking(ended)


if __name__ == "__main__":
    main()
