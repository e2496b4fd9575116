"""REST of collections."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.library import Collection
from services.dependencies import Reading, Transaction
from services.documents import grants, library, queries
from services.documents.schemas import (
    CollectionCreate,
    CollectionOut,
    CollectionPage,
    CollectionPatch,
)
from services.identity import permissions
from services.identity.callers import Caller, MayAdminister, MayReadDocuments

router = APIRouter(prefix="/api/v1/collections", tags=["collections"])


@router.get("")
def list_collections(caller: MayReadDocuments, session: Reading) -> CollectionPage:
    """The collections the caller may know of, all on one page; administrators see every one."""
    found = (
        queries.all_collections(session)
        if caller.is_admin
        else permissions.readable_collections(session, caller)
    )
    return CollectionPage(items=_views(session, caller, found))


@router.post("", status_code=201)
def create_collection(wanted: CollectionCreate, caller: MayAdminister, session: Transaction) -> CollectionOut:
    return _views(session, caller, [library.create_collection(session, caller, wanted)])[0]


@router.patch("/{collection_id}")
def change_collection(
    collection_id: str, wanted: CollectionPatch, caller: MayAdminister, session: Transaction
) -> CollectionOut:
    # Of two changes at once, each made of the grants it found, the other one's revocation would be lost.
    # `key_share` lets what is handed in meanwhile go on.
    collection = session.get(Collection, collection_id, with_for_update={"key_share": True})
    if collection is None:
        raise errors.NotFound("There is no such collection")
    library.change_collection(session, caller, collection, wanted)
    return _views(session, caller, [collection])[0]


def _views(session: Session, caller: Caller, found: list[Collection]) -> list[CollectionOut]:
    counts = queries.document_counts(session, caller)
    granted = grants.of_collections(session, [collection.id for collection in found])
    accesses = permissions.accesses(session, caller)
    return [
        CollectionOut(
            id=collection.id,
            name=collection.name,
            title=collection.title,
            description=collection.description,
            document_count=counts.get(collection.id, 0),
            role=grants.ROLES.get(accesses.get(collection.id, "")),
            may_contribute=accesses.get(collection.id) in (permissions.CONTRIBUTE, permissions.CURATE),
            may_curate=accesses.get(collection.id) == permissions.CURATE,
            reader_groups=[one.group for one in granted[collection.id] if one.group]
            if caller.is_admin or accesses.get(collection.id) in (permissions.CONTRIBUTE, permissions.CURATE)
            else None,
            grants=granted[collection.id]
            if caller.is_admin or accesses.get(collection.id) == permissions.CURATE
            else None,
        )
        for collection in found
    ]
