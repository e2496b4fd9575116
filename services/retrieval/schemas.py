"""Wire shapes of the search room."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from services.passages import Passage
from services.retrieval.explaining import Explanation
from services.retrieval.filters import Filters
from services.retrieval.neighbours import PassageInContext
from services.retrieval.search import Found

Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]


class SearchFilters(BaseModel):
    """What the search keeps to; all that is named must hold, and the days are whole days in UTC."""

    model_config = ConfigDict(extra="forbid")

    document_ids: Words = []
    media_types: Words = []
    languages: Words = []
    """Two letters each, as recorded when the document was read."""
    authors: Words = []
    """Logins of those who added the documents."""
    published_from: date | None = None
    published_until: date | None = None
    valid_on: date | None = None
    """Only documents in force on that day; others count as they were then."""

    def wanted(self) -> Filters:
        return Filters(
            frozenset(self.document_ids),
            frozenset(self.media_types),
            frozenset(self.languages),
            frozenset(self.authors),
            self.published_from,
            self.published_until,
            self.valid_on,
        )


class ExplainRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=4000)]
    document_id: Annotated[str, Field(min_length=1, max_length=32)]
    person_id: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    """Whose search is explained; only administrators may name another than themselves."""
    collections: Annotated[list[str], Field(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 8


class ChunkTraceOut(BaseModel):
    chunk_id: str
    page: int | None
    similarity: float | None
    dense_rank: int | None
    lexical_score: float | None
    lexical_rank: int | None
    rank: int | None
    left_out_by: str
    """Empty when it was found; else `not_proposed`, `repeats_a_better_passage` or `beyond_the_limit`."""


class ExplainReply(BaseModel):
    document_id: str
    found: bool
    left_out_by: str
    """What kept it out: `not_readable`, `no_visible_version`, `outside_collections`, or what a chunk was."""
    document_scope: int
    readable_scopes: int
    degraded: list[str]
    chunks: list[ChunkTraceOut]

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        return cls(
            document_id=explanation.document_id,
            found=not explanation.left_out_by,
            left_out_by=explanation.left_out_by,
            document_scope=explanation.document_scope,
            readable_scopes=explanation.readable_scopes,
            degraded=list(explanation.degraded),
            chunks=[ChunkTraceOut(**asdict(trace)) for trace in explanation.chunks],
        )


class SearchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=4000)]
    collections: Annotated[list[str], Field(max_length=100)] | None = None
    filters: SearchFilters | None = None
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
    published_at: datetime | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    text: str
    start: int
    end: int
    score: float

    @classmethod
    def of(cls, passage: Passage) -> Self:
        return cls.model_validate(passage_fields(passage))


class PassageInContextOut(PassageOut):
    before: str
    after: str

    @classmethod
    def around(cls, found: PassageInContext) -> Self:
        around = {"before": found.before, "after": found.after}
        return cls.model_validate(passage_fields(found.passage) | around)


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
        "published_at": passage.published_at,
        "valid_from": passage.valid_from,
        "valid_until": passage.valid_until,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
    }
