"""Wire shapes of questions and answers; the same answer stands behind both APIs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.retrieval.schemas import PassageOut

QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\x00]*$")
]


class AskRequest(BaseModel):
    """A question; `collections` narrows where it is looked up, `policy` how strictly it is checked."""

    model_config = ConfigDict(extra="forbid")

    question: QuestionText
    collections: Annotated[list[str], Field(max_length=100)] | None = None
    policy: Literal["strict", "flag", "off"] | None = None
    answer_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    """Answer in JSON of this schema: every string and number is checked, what no source states is null."""
    conversation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    """A conversation of one's own; its earlier questions help to understand this one."""


class WaitingEvent(BaseModel):
    """The question's place in line; 1 is next."""

    position: int


class QuestionEvent(BaseModel):
    """First event: the answer's id, and the question as it is searched."""

    id: str
    question: str
    searched_as: str


class UnderstoodEvent(BaseModel):
    """A follow-up question as it is searched, made standalone."""

    searched_as: str


class PassagesEvent(BaseModel):
    """What was found for the caller; `degraded` names searches that were down."""

    passages: list[PassageOut]
    degraded: list[str]


class TokenEvent(BaseModel):
    """Raw model text, sent under the policy `off` only."""

    text: str


class CitationOut(BaseModel):
    """Where a sentence stands: offsets into the version's stored text, and the sentence itself."""

    number: int
    chunk_id: str
    document_id: str
    document_name: str
    version_id: str
    version_number: int
    published_at: datetime | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    page: int | None
    heading_path: list[str]
    quote: str
    start: int
    end: int


class SentenceOut(BaseModel):
    index: int
    text: str
    status: Literal["supported", "quoted", "flagged", "unchecked"]
    citations: list[CitationOut]
    pointer: str = ""
    """Where it stands in the answer's `value` (RFC 6901); empty in an answer of sentences."""


class ConflictOut(BaseModel):
    """Two sources that say the same with other figures; `are_editions`: of the same rule at other times."""

    one: CitationOut
    other: CitationOut
    are_editions: bool


class OptionOut(BaseModel):
    """One thing the question may mean; `question` asks for it alone, `label` is its heading or title."""

    label: str
    question: str
    document_id: str
    document_name: str
    heading_path: list[str]


class AnswerOut(BaseModel):
    """An answer as it was given; `nearest` are the passages a refusal points to.

    `kind` is generated, quoted, refused, json or clarify: then `options` are the things that the question may
    mean, and `text` asks which. `value` is the answer in the JSON that was asked for; `text` is then the
    same, written out.
    """

    id: str
    question: str
    searched_as: str
    state: str
    kind: str
    policy: str
    text: str
    value: dict[str, Any] | None = None
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    conflicts: list[ConflictOut] = []
    options: list[OptionOut] = []
    nearest: list[PassageOut]
    dropped_sentences: int
    release_id: str
    model: str
    prompt_hash: str
    timings: dict[str, Any]
    usage: dict[str, Any]
    finish_reason: str = ""
    conversation_id: str | None = None
    created_at: datetime


class AnswerPage(BaseModel):
    items: list[AnswerOut]
    next_cursor: str | None = None
