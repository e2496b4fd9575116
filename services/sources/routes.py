"""REST of sources: administrators make them, those who curate their collection see and sync them."""

from typing import Literal

from fastapi import APIRouter
from sqlalchemy.orm import Session

from services.database.tables.runs import Run
from services.database.tables.sources import Source
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.identity.callers import MayAdminister, MayReadDocuments, MayWriteDocuments
from services.sources import places, queries, views
from services.sources.schemas import (
    RunItemPage,
    SourceCreate,
    SourceItemPage,
    SourceOut,
    SourcePage,
    SourcePatch,
    SourceRunOut,
    SourceRunPage,
    SyncRequest,
)

router = APIRouter(prefix="/api/v1/sources", tags=["sources"])
Action = Literal["added", "changed", "removed", "skipped"]


@router.get("")
def list_sources(caller: MayReadDocuments, session: Reading, page: Page) -> SourcePage:
    """The sources of the collections the caller curates, by name; administrators see every one."""
    found = queries.sources_page(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].name if len(found) > page.limit else None
    return SourcePage(items=views.source_views(session, caller, shown), next_cursor=next_cursor(last))


@router.post("", status_code=201)
def create_source(wanted: SourceCreate, caller: MayAdminister, session: Transaction) -> SourceOut:
    """A place to fill a collection from; it is tested before it is synced."""
    source = places.create(session, caller, wanted)
    return views.source_views(session, caller, [source])[0]


@router.get("/{source_id}")
def show_source(source_id: str, caller: MayReadDocuments, session: Reading) -> SourceOut:
    source = queries.known_source(session, caller, source_id)
    return views.source_views(session, caller, [source])[0]


@router.patch("/{source_id}")
def change_source(
    source_id: str, wanted: SourcePatch, caller: MayAdminister, session: Transaction, resources: Opened
) -> SourceOut:
    source = queries.known_source(session, caller, source_id)
    places.change(session, caller, source, wanted, resources)
    session.flush()
    return views.source_views(session, caller, [source])[0]


@router.delete("/{source_id}", status_code=204)
def remove_source(
    source_id: str, caller: MayAdminister, session: Transaction, documents: Literal["keep", "remove"] = "keep"
) -> None:
    """Forget the source, and remove its documents with it if that is said."""
    source = queries.known_source(session, caller, source_id)
    places.remove(session, caller, source, with_documents=documents == "remove")


@router.post("/{source_id}/test", status_code=202)
def test_source(
    source_id: str, caller: MayWriteDocuments, session: Transaction, resources: Opened
) -> SourceRunOut:
    """Look at the first items and list what a sync would take, without taking it."""
    source = queries.known_source(session, caller, source_id)
    return _run_view(session, source, places.ask_for_test(session, caller, source, resources))


@router.post("/{source_id}/sync", status_code=202)
def sync_source(
    source_id: str, wanted: SyncRequest, caller: MayWriteDocuments, session: Transaction, resources: Opened
) -> SourceRunOut:
    """Make the collection follow the source, or with `dry` say what that would change."""
    source = queries.known_source(session, caller, source_id)
    run = places.ask_for_sync(session, caller, source, wanted, resources)
    return _run_view(session, source, run)


@router.post("/{source_id}/cancel", status_code=204)
def cancel_sync(source_id: str, caller: MayWriteDocuments, session: Transaction) -> None:
    """End the source's open run; what it has delivered stays."""
    places.cancel(session, caller, queries.known_source(session, caller, source_id))


@router.get("/{source_id}/runs")
def list_runs(source_id: str, caller: MayReadDocuments, session: Reading, page: Page) -> SourceRunPage:
    """The source's syncs, tests and dry runs, newest first."""
    found = queries.runs_page(session, queries.known_source(session, caller, source_id), page)
    shown = found[: page.limit]
    last = shown[-1][1].id if len(found) > page.limit else None
    return SourceRunPage(items=[views.run_view(*one) for one in shown], next_cursor=next_cursor(last))


@router.get("/{source_id}/runs/{run_id}")
def show_run(source_id: str, run_id: str, caller: MayReadDocuments, session: Reading) -> SourceRunOut:
    source = queries.known_source(session, caller, source_id)
    return views.run_view(*queries.run_of(session, source, run_id))


@router.get("/{source_id}/runs/{run_id}/items")
def list_run_items(
    source_id: str,
    run_id: str,
    caller: MayReadDocuments,
    session: Reading,
    page: Page,
    *,
    action: Action | None = None,
) -> RunItemPage:
    """What the run added, changed, removed or skipped, and why."""
    source = queries.known_source(session, caller, source_id)
    queries.run_of(session, source, run_id)
    queries.require_curator(session, caller, source)
    found = queries.run_items(session, caller, source, run_id, page, action=action)
    shown = found[: page.limit]
    last = shown[-1].key_digest if len(found) > page.limit else None
    return RunItemPage(items=[views.run_item_view(one) for one in shown], next_cursor=next_cursor(last))


@router.get("/{source_id}/items")
def list_items(source_id: str, caller: MayReadDocuments, session: Reading, page: Page) -> SourceItemPage:
    """What the source held when it was last synced."""
    source = queries.known_source(session, caller, source_id)
    queries.require_curator(session, caller, source)
    found = queries.source_items(session, caller, source, page)
    shown = found[: page.limit]
    last = shown[-1].key_digest if len(found) > page.limit else None
    return SourceItemPage(items=[views.source_item_view(one) for one in shown], next_cursor=next_cursor(last))


def _run_view(session: Session, source: Source, run: Run) -> SourceRunOut:
    return views.run_view(*queries.run_of(session, source, run.id))
