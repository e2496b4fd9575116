"""REST of the queue: what waits, and whether anybody works on it."""

from fastapi import APIRouter

from services import runs
from services.dependencies import Reading
from services.documents import queries
from services.documents.schemas import QueueOut, WorkerOut
from services.identity.callers import MayReadDocuments
from services.runs import queue

router = APIRouter(prefix="/api/v1/queue", tags=["jobs"])


@router.get("")
def show_queue(caller: MayReadDocuments, session: Reading) -> QueueOut:
    """The caller's open jobs by state, and whether a worker is there; administrators see everyone's."""
    workers = queue.workers(session)
    at_work = [worker for worker, is_alive in workers if is_alive and runs.INGEST in worker.kinds]
    everyones = queue.counts(session) if caller.is_admin else {}
    return QueueOut(
        is_worked=bool(at_work),
        workers=len(at_work),
        jobs=queries.open_jobs(session, caller),
        everyones={f"{kind}.{state}": count for (kind, state), count in everyones.items()}
        if caller.is_admin
        else None,
        oldest_waiting_at=queue.oldest_waiting(session, runs.INGEST) if caller.is_admin else None,
        worker_list=[
            WorkerOut(name=worker.name, kinds=worker.kinds, seen_at=worker.seen_at, is_alive=is_alive)
            for worker, is_alive in workers
        ]
        if caller.is_admin
        else None,
    )
