"""REST of the report, as JSON or as a page."""

from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from services import audit, errors
from services.corpus import gathering, page, report
from services.corpus.schemas import CorpusReport
from services.database.session import now
from services.dependencies import Opened
from services.documents import queries
from services.identity.callers import Caller, MayReadDocuments
from services.resources import Resources

router = APIRouter(prefix="/api/v1/corpus", tags=["corpus"])
one_at_a_time = Lock()  # a report keeps a processor busy for seconds, which answers need, too
RETRY_AFTER_S = 10


@router.get("/report", response_model=CorpusReport, responses={200: {"content": {"text/html": {}}}})
def corpus_report(
    caller: MayReadDocuments,
    resources: Opened,
    format: Literal["json", "html"] = "json",  # noqa: A002  (the query's name)
    collection: str | None = None,
    stale_days: Annotated[int, Query(ge=1, le=36_500)] = 365,
) -> CorpusReport | Response:
    """Is this corpus fit to answer from? For administrators and those who curate a collection.

    It covers the documents the caller may read; who does not administer, those of collections they curate.
    """
    if not one_at_a_time.acquire(blocking=False):
        raise errors.TooManyRequests(
            "Another report is being made; try again in a moment", retry_after=RETRY_AFTER_S
        )
    try:
        made = report.make(_gather(caller, resources, collection, stale_days))
    finally:
        one_at_a_time.release()
    if format == "json":
        return made
    policy = {"Content-Security-Policy": page.CONTENT_SECURITY_POLICY}
    return HTMLResponse(page.as_html(made), headers=policy)


def _gather(caller: Caller, resources: Resources, collection: str | None, stale_days: int) -> report.Gathered:
    with resources.transactions.read() as session:
        gathering.require_curator(session, caller)
        place = queries.collection_named(session, caller, collection).id if collection else None
        which = gathering.covered(caller, place)
        gathered = report.Gathered(
            at=now(),
            holdings=gathering.holdings(session, which),
            sketches=dict(gathering.sketches(session, which)),
            empty_groups=gathering.empty_groups(session, caller, place),
            stale_after_days=stale_days,
        )
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "corpus.report",
            place or "all",
            credential=caller.credential_id,
            documents=len(gathered.holdings),
        )
    return gathered
