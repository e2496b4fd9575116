"""REST of looking at the library as a group, for administrators and curators; looking is recorded."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.dependencies import Page, Transaction, next_cursor
from services.identity import viewing
from services.identity.callers import MayReadDocuments
from services.identity.roles import OF_COLLECTION, Role
from services.identity.schemas import GroupName, RowId, group_names

router = APIRouter(prefix="/groups/{group_id}/view")


class CollectionViewed(BaseModel):
    """A collection that somebody in the group reads, and through which groups.

    `document_count` counts all that they read of it; `hidden_count` of these the one who looks may not read,
    and so is not told the names of.
    """

    id: str
    name: str
    title: str
    role: Role
    through: list[GroupName]
    document_count: int
    hidden_count: int


class GroupView(BaseModel):
    group: GroupName
    collections: list[CollectionViewed]


class DocumentViewed(BaseModel):
    id: str
    name: str
    collection_id: str


class DocumentViewPage(BaseModel):
    """Only documents that the one who looks may read as well; the others are counted in the view."""

    items: list[DocumentViewed]
    next_cursor: str | None = None


@router.get("")
def view_as_group(caller: MayReadDocuments, group_id: RowId, session: Transaction) -> GroupView:
    """What somebody reads who is in this group and in none but that of everybody.

    Administrators see every collection, curators those they curate. Audited. No text is shown that the caller
    may not read: not a title of a document, either.
    """
    group = viewing.known_group(session, caller, group_id)
    seen = viewing.collections_seen(session, caller, group)
    viewing.record(session, caller, group, collections=[one.collection.id for one in seen])
    return GroupView(
        group=GroupName(id=group.id, name=group.name),
        collections=[
            CollectionViewed(
                id=one.collection.id,
                name=one.collection.name,
                title=one.collection.title,
                role=OF_COLLECTION[one.access],
                through=group_names(one.through),
                document_count=one.documents,
                hidden_count=one.hidden,
            )
            for one in seen
        ],
    )


@router.get("/documents")
def view_documents_as_group(
    caller: MayReadDocuments,
    group_id: RowId,
    session: Transaction,
    page: Page,
    collection_id: Annotated[RowId | None, Query()] = None,
) -> DocumentViewPage:
    """The documents that somebody in this group reads and the caller, too. Audited."""
    group = viewing.known_group(session, caller, group_id)
    found = viewing.documents_seen(session, caller, group, collection_id, page)
    shown = found[: page.limit]
    viewing.record(session, caller, group, documents=len(shown), collection=collection_id or "")
    last = shown[-1].id if len(found) > page.limit else None
    items = [DocumentViewed(id=one.id, name=one.name, collection_id=one.collection_id) for one in shown]
    return DocumentViewPage(items=items, next_cursor=next_cursor(last))
