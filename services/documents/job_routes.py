"""REST of jobs: what became of an upload, as a list, one by one, or live."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from services import errors
from services.database.tables.runs import ENDED
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.documents import library, queries, views
from services.documents.schemas import JobOut, JobPage
from services.event_stream import HEADERS, comment, event
from services.identity.callers import Caller, MayReadDocuments, MayWriteDocuments, identify
from services.resources import Resources

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
POLL_S = 0.5


@router.get("")
def list_jobs(caller: MayReadDocuments, session: Reading, page: Page, state: str | None = None) -> JobPage:
    """Jobs on documents the caller may read, newest first."""
    found = queries.runs_page(session, caller, page, state)
    shown = found[: page.limit]
    last = shown[-1][0].id if len(found) > page.limit else None
    return JobPage(
        items=[views.job_view(run, document) for run, document in shown], next_cursor=next_cursor(last)
    )


@router.get("/{job_id}")
def show_job(job_id: str, caller: MayReadDocuments, session: Reading) -> JobOut:
    return views.job_view(*queries.readable_run(session, caller, job_id))


@router.post("/{job_id}/retry", status_code=202)
def retry_job(job_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened) -> JobOut:
    """Let a failed or quarantined job try again."""
    run, document = queries.readable_run(session, caller, job_id)
    library.collection_to_add_to(session, caller, document.collection_id)
    library.retry(session, caller, run, resources)
    return views.job_view(run, document)


@router.get("/{job_id}/events", response_class=StreamingResponse)
def job_events(
    job_id: str, request: Request, caller: MayReadDocuments, resources: Opened
) -> StreamingResponse:
    """The job each time it changes, as server-sent events named `job`, until it has ended."""
    first = _current(job_id, caller, resources)
    return StreamingResponse(
        _follow(first, request, resources), media_type="text/event-stream", headers=HEADERS
    )


async def _follow(job: JobOut, request: Request, resources: Resources) -> AsyncIterator[bytes]:
    yield event("job", job)
    quiet_s = 0.0
    while job.state not in ENDED:
        await asyncio.sleep(POLL_S)
        quiet_s += POLL_S
        try:
            # Who asks is looked up again, so that a suspended caller's stream ends too.
            caller = await run_in_threadpool(identify, request, resources)
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
        return views.job_view(*queries.readable_run(session, caller, job_id))
