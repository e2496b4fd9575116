"""Wire shapes of the library."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]


class GroupRef(BaseModel):
    id: str
    name: str


class CollectionOut(BaseModel):
    """A collection; `reader_groups` is shown to those who may add to it."""

    id: str
    name: str
    title: str
    description: str
    document_count: int
    may_contribute: bool
    reader_groups: list[GroupRef] | None


class CollectionPage(BaseModel):
    items: list[CollectionOut]
    next_cursor: str | None = None


class CollectionCreate(BaseModel):
    name: Name
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2000)
    reader_group_ids: list[str] = Field(default_factory=list, max_length=500)
    contributor_group_ids: list[str] = Field(default_factory=list, max_length=500)


class CollectionPatch(BaseModel):
    """What is left out stays as it is."""

    title: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, max_length=2000)
    reader_group_ids: list[str] | None = Field(default=None, max_length=500)
    contributor_group_ids: list[str] | None = Field(default=None, max_length=500)


class JobError(BaseModel):
    code: str
    reason: str


class JobOut(BaseModel):
    id: str
    kind: str
    state: str
    stage: str
    done: int
    total: int
    error: JobError | None
    document_id: str | None
    document_name: str | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None


class JobPage(BaseModel):
    items: list[JobOut]
    next_cursor: str | None = None


class VersionOut(BaseModel):
    id: str
    number: int
    pages: int
    chunks: int
    published_at: datetime | None


class DocumentOut(BaseModel):
    """A document; `version` is the one that answers now, `job` the newest that read it."""

    id: str
    name: str
    collection_id: str
    media_type: str
    size_bytes: int
    state: str
    version: VersionOut | None
    narrowed_to: list[str] | None
    warnings: list[str]
    created_at: datetime
    created_by: str | None
    job: JobOut | None


class DocumentPage(BaseModel):
    items: list[DocumentOut]
    next_cursor: str | None = None


class Uploaded(BaseModel):
    document: DocumentOut
    job: JobOut


class PageSpan(BaseModel):
    page: int
    start: int
    end: int


class StoredTextOut(BaseModel):
    """A version's stored text; citations are offsets into it, pages are spans of it."""

    version_id: str
    text: str
    pages: list[PageSpan]


class Readers(BaseModel):
    """`group_ids` narrows the collection's readers to these groups; null lifts the narrowing."""

    group_ids: list[str] | None = Field(max_length=500)
