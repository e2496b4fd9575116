"""Wire shapes of the search room."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from services.passages import Passage
from services.retrieval.neighbours import PassageInContext
from services.retrieval.search import Found


class SearchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=4000)]
    collections: Annotated[list[str], Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 8


class PassageOut(BaseModel):
    chunk_id: str
    document_id: str
    document_name: str
    version_id: str
    version_number: int
    collection_id: str
    heading_path: list[str]
    page: int | None
    text: str
    start: int
    end: int
    score: float

    @classmethod
    def of(cls, passage: Passage) -> Self:
        return cls(**passage_fields(passage))


class PassageInContextOut(PassageOut):
    before: str
    after: str

    @classmethod
    def around(cls, found: PassageInContext) -> Self:
        return cls(**passage_fields(found.passage), before=found.before, after=found.after)


class SearchReply(BaseModel):
    passages: list[PassageOut]
    degraded: list[str]
    """Searches that were down or behind, so that better passages may be missing: `dense`, `lexical`."""

    @classmethod
    def of(cls, found: Found) -> Self:
        passages = [PassageOut.of(passage) for passage in found.passages]
        return cls(passages=passages, degraded=list(found.degraded))


def passage_fields(passage: Passage) -> dict[str, object]:
    """The passage as the wire shows it, everywhere."""
    return {
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "document_name": passage.document_name,
        "version_id": passage.version_id,
        "version_number": passage.version_number,
        "collection_id": passage.collection_id,
        "heading_path": list(passage.heading_path),
        "page": passage.first_page,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
    }
