"""Search without the model, and reading one passage; both leave an audit entry without any text."""

from fastapi import APIRouter

from services import audit
from services.dependencies import Opened
from services.identity.callers import MaySearch
from services.retrieval import neighbours, search
from services.retrieval.schemas import PassageInContextOut, SearchReply, SearchRequest

router = APIRouter(prefix="/api/v1", tags=["search"])


@router.post("/search")
def search_passages(wanted: SearchRequest, caller: MaySearch, resources: Opened) -> SearchReply:
    """The passages that fit the question best, of what the caller may read."""
    found = search.find_passages(
        caller, wanted.question, resources, collections=wanted.collections, limit=wanted.limit
    )
    documents = sorted({passage.document_id for passage in found.passages})
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "search",
            "",
            credential=caller.credential_id,
            documents=documents,
            degraded=list(found.degraded),
        )
    return SearchReply.of(found)


@router.get("/passages/{chunk_id}")
def show_passage(chunk_id: str, caller: MaySearch, resources: Opened) -> PassageInContextOut:
    """One passage with the text around it, for whoever follows a citation."""
    found = neighbours.passage_in_context(caller, chunk_id, resources)
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "passage.read",
            found.passage.chunk_id,
            credential=caller.credential_id,
            document=found.passage.document_id,
            version=found.passage.version_id,
        )
    return PassageInContextOut.around(found)
