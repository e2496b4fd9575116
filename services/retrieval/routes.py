"""Search without the model, and reading one passage; both leave an audit entry without any text."""

from fastapi import APIRouter

from services import audit
from services.dependencies import Opened
from services.identity.callers import MaySearch, MayWriteDocuments
from services.retrieval import explaining, neighbours, search
from services.retrieval.schemas import (
    ExplainReply,
    ExplainRequest,
    PassageInContextOut,
    SearchReply,
    SearchRequest,
)

router = APIRouter(prefix="/api/v1", tags=["search"])


@router.post("/search")
def search_passages(wanted: SearchRequest, caller: MaySearch, resources: Opened) -> SearchReply:
    """The passages that fit the question best, of what the caller may read."""
    found = search.find_passages(
        caller,
        wanted.question,
        resources,
        collections=wanted.collections,
        filters=wanted.filters.wanted() if wanted.filters else None,
        limit=wanted.limit,
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


@router.post("/search/explain")
def explain_search(wanted: ExplainRequest, caller: MayWriteDocuments, resources: Opened) -> ExplainReply:
    """Why a question did not find a document: scopes, scores, ranks and what it was left out by, no text.

    For those who may add to its collection; an administrator may ask it for any document and any person.
    """
    found = explaining.explain(
        caller,
        wanted.question,
        wanted.document_id,
        resources,
        person_id=wanted.person_id,
        collections=wanted.collections,
        limit=wanted.limit,
    )
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "search.explain",
            found.document_id,
            credential=caller.credential_id,
            person=wanted.person_id or caller.person_id,
            left_out_by=found.left_out_by,
        )
    return ExplainReply.of(found)


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
