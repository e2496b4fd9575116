"""Wire shapes of the library."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.runs.turns import LARGEST_PRIORITY

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
Named = Annotated[list[str], Field(max_length=500)]


class GroupRef(BaseModel):
    id: str
    name: str


class PersonRef(BaseModel):
    id: str
    login: str
    name: str


Role = Literal["reader", "contributor", "curator"]
"""What a collection is granted as; each may do what those before it may."""


class Grant(BaseModel):
    """A role of a collection, held by a group or by a person."""

    role: Role
    group: GroupRef | None = None
    person: PersonRef | None = None


class CollectionOut(BaseModel):
    """A collection. `role` is the caller's own, null for an administrator to whom it is not granted.

    `reader_groups` (whoever reads it) is shown to those who may add to it, `grants` to those who curate it.
    """

    id: str
    name: str
    title: str
    description: str
    document_count: int
    role: Role | None
    may_contribute: bool
    may_curate: bool
    reader_groups: list[GroupRef] | None
    grants: list[Grant] | None


class CollectionPage(BaseModel):
    items: list[CollectionOut]
    next_cursor: str | None = None


class CollectionCreate(BaseModel):
    name: Name
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2000)
    reader_group_ids: Named = Field(default_factory=list)
    contributor_group_ids: Named = Field(default_factory=list)
    curator_group_ids: Named = Field(default_factory=list)
    reader_person_ids: Named = Field(default_factory=list)
    contributor_person_ids: Named = Field(default_factory=list)
    curator_person_ids: Named = Field(default_factory=list)


class CollectionPatch(BaseModel):
    """What is left out stays as it is."""

    title: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, max_length=2000)
    reader_group_ids: Named | None = None
    contributor_group_ids: Named | None = None
    curator_group_ids: Named | None = None
    reader_person_ids: Named | None = None
    contributor_person_ids: Named | None = None
    curator_person_ids: Named | None = None


class JobError(BaseModel):
    code: str
    reason: str


class JobOut(BaseModel):
    """A job; `position` is its place among all that wait, `heartbeat_at` its worker's last sign of life."""

    id: str
    kind: str
    state: str
    paused: bool
    priority: int
    position: int | None
    stage: str
    done: int
    total: int
    error: JobError | None
    document_id: str | None
    document_name: str | None
    bulk_id: str | None
    attempts: int
    worker: str
    heartbeat_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class PriorityWanted(BaseModel):
    """Larger is sooner; 0 is everybody's."""

    priority: int = Field(ge=-LARGEST_PRIORITY, le=LARGEST_PRIORITY)


class JobPage(BaseModel):
    items: list[JobOut]
    next_cursor: str | None = None


class BulkCreate(BaseModel):
    """`expected` is how many files are to come, where that is known."""

    title: str = Field(default="", max_length=200)
    expected: int | None = Field(default=None, ge=0, le=10_000_000)


class BulkCounts(BaseModel):
    """Jobs by state; `unchanged` are files that were there already and needed none."""

    waiting: int = 0
    paused: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    quarantined: int = 0
    cancelled: int = 0
    unchanged: int = 0


class BulkOut(BaseModel):
    id: str
    title: str
    expected: int | None
    total: int
    counts: BulkCounts
    paused: bool
    priority: int
    created_at: datetime
    cancelled_at: datetime | None


class BulkPage(BaseModel):
    items: list[BulkOut]
    next_cursor: str | None = None


class WorkerOut(BaseModel):
    name: str
    kinds: list[str]
    seen_at: datetime
    is_alive: bool


class QueueOut(BaseModel):
    """`jobs` are the caller's readable open jobs by state; the rest but `workers` is for administrators."""

    is_worked: bool
    workers: int
    jobs: dict[str, int]
    everyones: dict[str, int] | None
    oldest_waiting_at: datetime | None
    worker_list: list[WorkerOut] | None


class VersionOut(BaseModel):
    id: str
    number: int
    pages: int
    chunks: int
    published_at: datetime | None


class DocumentOut(BaseModel):
    """A document; `version` is the one that answers now, `job` the newest that read it.

    `parent_id` is the document it was attached to; `language` what its text is written in (ISO 639-1, empty
    where that cannot be told); `needs_ocr` says that it holds only pictures of text, and nothing read them.
    `valid_from` and `valid_until` are the first and the last day on which what it says is in force.
    """

    id: str
    name: str
    collection_id: str
    parent_id: str | None
    language: str
    needs_ocr: bool
    media_type: str
    size_bytes: int
    state: str
    version: VersionOut | None
    narrowed_to: list[str] | None
    valid_from: date | None
    valid_until: date | None
    warnings: list[str]
    created_at: datetime
    created_by: str | None
    job: JobOut | None


class DocumentPatch(BaseModel):
    """What is left out stays as it is; null lifts the bound."""

    model_config = ConfigDict(extra="forbid")

    valid_from: date | None = None
    valid_until: date | None = None


class DocumentPage(BaseModel):
    items: list[DocumentOut]
    next_cursor: str | None = None


class DocumentRef(BaseModel):
    id: str
    name: str
    collection_id: str


class Uploaded(BaseModel):
    """`unchanged`: this content was there under this name, so there was nothing to do.

    `same_content` are other documents the caller may read that hold the very same bytes.
    """

    document: DocumentOut
    job: JobOut
    unchanged: bool = False
    same_content: list[DocumentRef] = Field(default_factory=list)


class HistoryEntry(BaseModel):
    """One version of a document, whatever became of it."""

    number: int
    state: str
    media_type: str
    size_bytes: int
    pages: int
    chunks: int
    has_text: bool
    created_at: datetime
    published_at: datetime | None
    job: JobOut | None


class History(BaseModel):
    items: list[HistoryEntry]


class Difference(BaseModel):
    """A stretch of both texts; the words of one that is `equal` are left out."""

    kind: Literal["equal", "replaced", "removed", "added"]
    from_start: int
    from_end: int
    to_start: int
    to_end: int
    from_text: str
    to_text: str


class TextDiff(BaseModel):
    """What changed between two versions' stored texts, line by line, with offsets into both."""

    from_version: int
    to_version: int
    added_lines: int
    removed_lines: int
    differences: list[Difference]


class PageSpan(BaseModel):
    page: int
    start: int
    end: int


class StoredTextOut(BaseModel):
    """A version's stored text; citations are offsets into it, pages are spans of it."""

    version_id: str
    text: str
    pages: list[PageSpan]


class Place(BaseModel):
    """A place the document was in: how much was looked at there, and how much of it is left."""

    place: Literal["text", "vectors", "files", "lexical", "caches"]
    looked_at: int
    left: int


class ReceiptOut(BaseModel):
    """Where a removed document no longer is.

    Complete once nothing is left anywhere: chunks in SQL, rows of the chunk index (each id looked for), files
    that no other document holds, the lexical index of every api that lives, and kept answers to uploads.
    `hidden_answers` are stored answers that rest on it and are shown to nobody; `shared_files`, for
    administrators, are files kept because a document that was not removed holds equal bytes.
    """

    document_id: str
    deleted_at: datetime
    checked_at: datetime | None
    complete_at: datetime | None
    places: list[Place]
    hidden_answers: int
    shared_files: int | None


class Readers(BaseModel):
    """`group_ids` narrows the collection's readers to these groups; null lifts the narrowing."""

    group_ids: list[str] | None = Field(max_length=500)
