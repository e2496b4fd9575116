"""Wire shapes of sources. Secrets are named by reference; a value that looks like one is refused."""

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

OPTIONS_BYTES = 16 * 1024
SECRETIVE = re.compile(r"secret|password|passwd|token|credential|authorization|api_?key|access_?key", re.I)
CREDENTIALS_IN_ADDRESS = re.compile(r"://[^/\s]*@")
LEAST_EVERY_S = 60

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Reference = Annotated[
    str, StringConstraints(pattern=r"^(env:HOLDFAST_SOURCE_[A-Z0-9_]{1,80}|file:[\w.][\w./-]{0,200})$")
]


def without_secrets(options: dict[str, Any]) -> dict[str, Any]:
    """ValueError where an option looks like a secret: they are named, never handed over."""
    text = json.dumps(options)
    if len(text) > OPTIONS_BYTES:
        raise ValueError("the options are too long")
    if any(SECRETIVE.search(name) for name in _names(options)):
        raise ValueError("name secrets under `secrets`, by reference")
    if CREDENTIALS_IN_ADDRESS.search(text):
        raise ValueError("an address must not hold a user name or password; name them under `secrets`")
    return options


def _names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*map(str, value), *(name for inner in value.values() for name in _names(inner))]
    return [name for inner in value for name in _names(inner)] if isinstance(value, list) else []


def every(seconds: int) -> int:
    if seconds and seconds < LEAST_EVERY_S:
        raise ValueError(f"0 (never) or at least {LEAST_EVERY_S} seconds")
    return seconds


Options = Annotated[dict[str, Any], AfterValidator(without_secrets)]
Secrets = Annotated[dict[str, Reference], Field(max_length=20)]
Every = Annotated[int, Field(ge=0, le=366 * 86400), AfterValidator(every)]


class ReaderRule(BaseModel):
    """What lies below `prefix` is for these groups, among the collection's readers; no groups: for nobody."""

    prefix: str = Field(max_length=1000)
    group_ids: list[str] = Field(max_length=100)


def without_twins(rules: list[ReaderRule]) -> list[ReaderRule]:
    prefixes = [rule.prefix.strip("/") for rule in rules]
    if len(set(prefixes)) != len(prefixes):
        raise ValueError("two rules are about one prefix")
    return rules


Rules = Annotated[list[ReaderRule], Field(max_length=200), AfterValidator(without_twins)]


class SourceCreate(BaseModel):
    """A place to fill `collection` (id or name) from. `kind` is folder, s3, website, git, or one's own."""

    name: Name
    kind: Kind
    collection: str
    options: Options = Field(default_factory=dict)
    secrets: Secrets = Field(default_factory=dict)
    readers: Rules = Field(default_factory=list)
    every_s: Every = 0


class SourcePatch(BaseModel):
    """What is left out stays as it is. Other options or secrets have to be tested again."""

    options: Options | None = None
    secrets: Secrets | None = None
    readers: Rules | None = None
    every_s: Every | None = None
    is_paused: bool | None = None

    @model_validator(mode="after")
    def say_something(self) -> "SourcePatch":
        if not self.model_fields_set:
            raise ValueError("nothing is to be changed")
        return self


class SyncRequest(BaseModel):
    """`dry`: say what a sync would do. `allow_removals`: even most of the source's documents may go."""

    dry: bool = False
    allow_removals: bool = False


class RunError(BaseModel):
    code: str
    reason: str


class SourceRunOut(BaseModel):
    """One sync, test or dry run with its counts."""

    id: str
    source_id: str
    dry: bool
    state: str
    stage: str
    done: int
    total: int
    added: int
    changed: int
    removed: int
    skipped: int
    unchanged: int
    error: RunError | None
    created_at: datetime
    finished_at: datetime | None


class SourceRunPage(BaseModel):
    items: list[SourceRunOut]
    next_cursor: str | None = None


class SourceOut(BaseModel):
    """A source; where it points and its rules are shown to administrators only."""

    id: str
    name: str
    kind: str
    collection_id: str
    every_s: int
    is_paused: bool
    is_tested: bool
    documents: int
    created_at: datetime
    last_run: SourceRunOut | None
    options: dict[str, Any] | None
    secrets: dict[str, str] | None
    readers: list[ReaderRule] | None


class SourcePage(BaseModel):
    items: list[SourceOut]
    next_cursor: str | None = None


class RunItemOut(BaseModel):
    """One item of a run: what was done with it, and why."""

    key: str
    action: Literal["added", "changed", "removed", "skipped"]
    reason: str
    detail: str
    bytes: int | None
    document_id: str | None


class RunItemPage(BaseModel):
    items: list[RunItemOut]
    next_cursor: str | None = None


class SourceItemOut(BaseModel):
    """One item as it was last taken, or refused with its reason."""

    key: str
    document_id: str | None
    reason: str
    detail: str
    modified_at: datetime | None
    taken_at: datetime


class SourceItemPage(BaseModel):
    items: list[SourceItemOut]
    next_cursor: str | None = None
