"""REST of bulks: many uploads as one object, with counts, steered as one."""

from fastapi import APIRouter

from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.documents import bulks, jobs
from services.documents.schemas import BulkCreate, BulkOut, BulkPage, PriorityWanted
from services.identity.callers import MayReadDocuments, MayWriteDocuments

router = APIRouter(prefix="/api/v1/bulks", tags=["jobs"])


@router.post("", status_code=201)
def begin_bulk(wanted: BulkCreate, caller: MayWriteDocuments, session: Transaction) -> BulkOut:
    """Begin a bulk; uploads that name its id in their field `bulk_id` belong to it."""
    return bulks.views(session, caller, [bulks.begin(session, caller, wanted)])[0]


@router.get("")
def list_bulks(caller: MayReadDocuments, session: Reading, page: Page) -> BulkPage:
    """The bulks the caller began, newest first."""
    found = bulks.page_of(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return BulkPage(items=bulks.views(session, caller, shown), next_cursor=next_cursor(last))


@router.get("/{bulk_id}")
def show_bulk(bulk_id: str, caller: MayReadDocuments, session: Reading) -> BulkOut:
    return bulks.views(session, caller, [bulks.own(session, caller, bulk_id)])[0]


@router.post("/{bulk_id}/pause")
def pause_bulk(bulk_id: str, caller: MayWriteDocuments, session: Transaction) -> BulkOut:
    """Hold back what waits or runs of it, and what is still to come."""
    bulk = bulks.own(session, caller, bulk_id, lock=True)
    bulk.paused = True
    jobs.pause(session, caller, jobs.of_bulk(caller, bulk_id), bulk_id)
    return bulks.views(session, caller, [bulk])[0]


@router.post("/{bulk_id}/resume")
def resume_bulk(bulk_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened) -> BulkOut:
    """Let all of it go on."""
    bulk = bulks.own(session, caller, bulk_id, lock=True)
    bulk.paused = False
    jobs.resume(session, caller, jobs.of_bulk(caller, bulk_id), bulk_id, resources)
    return bulks.views(session, caller, [bulk])[0]


@router.post("/{bulk_id}/priority")
def prioritise_bulk(
    bulk_id: str, wanted: PriorityWanted, caller: MayWriteDocuments, session: Transaction
) -> BulkOut:
    """Let what waits of it, and what is still to come, be read before the others' files, or after them.

    For administrators, and for curators in the collections that they look after.
    """
    bulk = bulks.own(session, caller, bulk_id, lock=True)
    jobs.require_curates_some(session, caller)
    bulk.priority = wanted.priority
    jobs.prioritise(session, caller, jobs.of_bulk_curated(caller, bulk_id), bulk_id, wanted.priority)
    return bulks.views(session, caller, [bulk])[0]


@router.post("/{bulk_id}/cancel")
def cancel_bulk(bulk_id: str, caller: MayWriteDocuments, session: Transaction) -> BulkOut:
    """End what waits or runs of it; what is done stays, and nothing more can be added."""
    bulk = bulks.own(session, caller, bulk_id, lock=True)
    bulks.end(bulk)
    jobs.cancel(session, caller, jobs.of_bulk(caller, bulk_id), bulk_id)
    return bulks.views(session, caller, [bulk])[0]


@router.post("/{bulk_id}/retry", status_code=202)
def retry_bulk(bulk_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened) -> BulkOut:
    """Try again all that failed of it."""
    bulk = bulks.own(session, caller, bulk_id, lock=True)
    jobs.retry_failed(session, caller, jobs.of_bulk(caller, bulk_id), bulk_id, resources)
    return bulks.views(session, caller, [bulk])[0]
