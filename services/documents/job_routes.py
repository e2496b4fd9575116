"""REST of jobs: what became of an upload, as a list, one by one, or live."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.library import Document
from services.database.tables.runs import ENDED, Run
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.documents import bulks, jobs, library, queries, views
from services.documents.schemas import JobOut, JobPage, PriorityWanted
from services.event_stream import HEADERS, comment, event
from services.identity.callers import Caller, MayReadDocuments, MayWriteDocuments, look_again
from services.resources import Resources
from services.runs import queue

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
POLL_S = 0.5


@router.get("")
def list_jobs(
    caller: MayReadDocuments,
    session: Reading,
    page: Page,
    state: str | None = None,
    bulk_id: str | None = None,
) -> JobPage:
    """Jobs on documents the caller may read, newest first; of one of their bulks, if named."""
    if bulk_id is not None:
        bulks.own(session, caller, bulk_id)
    found = queries.runs_page(session, caller, page, state, bulk_id)
    shown = found[: page.limit]
    places = queue.positions(session, [run for run, _document in shown])
    last = shown[-1][0].id if len(found) > page.limit else None
    return JobPage(
        items=[views.job_view(run, document, places.get(run.id)) for run, document in shown],
        next_cursor=next_cursor(last),
    )


@router.get("/{job_id}")
def show_job(job_id: str, caller: MayReadDocuments, session: Reading) -> JobOut:
    return _view(session, *queries.readable_run(session, caller, job_id))


@router.post("/{job_id}/retry", status_code=202)
def retry_job(job_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened) -> JobOut:
    """Let a failed, quarantined or cancelled job try again."""
    run, document = _changeable(session, caller, job_id)
    jobs.retry(session, caller, run, resources)
    return _view(session, run, document)


@router.post("/{job_id}/pause")
def pause_job(job_id: str, caller: MayWriteDocuments, session: Transaction) -> JobOut:
    """Hold the job back; one that runs stops, and begins again when it is resumed."""
    run, document = _changeable(session, caller, job_id)
    count = jobs.pause(session, caller, jobs.one(run), run.id)
    jobs.require_some(count, "Only a job that waits or runs can be paused")
    return _view(session, run, document)


@router.post("/{job_id}/resume")
def resume_job(job_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened) -> JobOut:
    """Let a paused job go on."""
    run, document = _changeable(session, caller, job_id)
    jobs.require_some(
        jobs.resume(session, caller, jobs.one(run), run.id, resources), "Only a paused job can be resumed"
    )
    return _view(session, run, document)


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str, caller: MayWriteDocuments, session: Transaction) -> JobOut:
    """End the job; the document's version before it goes on answering."""
    run, document = _changeable(session, caller, job_id)
    count = jobs.cancel(session, caller, jobs.one(run), run.id)
    jobs.require_some(count, "Only a job that waits or runs can be cancelled")
    return _view(session, run, document)


@router.post("/{job_id}/priority")
def prioritise_job(
    job_id: str, wanted: PriorityWanted, caller: MayWriteDocuments, session: Transaction
) -> JobOut:
    """Let a waiting job come before the others, or after them; for curators and administrators."""
    run, document = queries.readable_run(session, caller, job_id)
    jobs.require_may_prioritise(session, caller, document.collection_id)
    count = jobs.prioritise(session, caller, jobs.one(run), run.id, wanted.priority)
    jobs.require_some(count, "Only a job that waits can be given a priority")
    return _view(session, run, document)


def _changeable(session: Session, caller: Caller, job_id: str) -> tuple[Run, Document]:
    """A job on a document the caller may replace: 404 where they may not read it, 403 where only that."""
    run, document = queries.readable_run(session, caller, job_id)
    library.collection_to_add_to(session, caller, document.collection_id)
    return run, document


def _view(session: Session, run: Run, document: Document) -> JobOut:
    session.refresh(run)
    return views.job_view(run, document, queue.position(session, run))


@router.get("/{job_id}/events", response_class=StreamingResponse)
def job_events(job_id: str, caller: MayReadDocuments, resources: Opened) -> StreamingResponse:
    """The job each time it changes, as server-sent events named `job`, until it has ended."""
    first = _current(job_id, caller, resources)
    return StreamingResponse(
        _follow(first, caller, resources), media_type="text/event-stream", headers=HEADERS
    )


async def _follow(job: JobOut, caller: Caller, resources: Resources) -> AsyncIterator[bytes]:
    yield event("job", job)
    quiet_s = 0.0
    while job.state not in ENDED:
        await asyncio.sleep(POLL_S)
        quiet_s += POLL_S
        try:
            # Who asks is looked up again, so that a suspended caller's stream ends too.
            caller = await run_in_threadpool(look_again, caller, resources)
            newest = await run_in_threadpool(_current, job.id, caller, resources)
        except errors.HoldfastError as error:
            yield event("failed", error.as_problem())
            return
        if newest != job:
            job, quiet_s = newest, 0.0
            yield event("job", job)
        elif quiet_s >= resources.settings.answers.heartbeat_s:
            quiet_s = 0.0
            yield comment("still here")


def _current(job_id: str, caller: Caller, resources: Resources) -> JobOut:
    with resources.transactions.read() as session:
        return _view(session, *queries.readable_run(session, caller, job_id))
