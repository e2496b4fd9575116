"""What one run of a question set came to, as it is kept: one JSON file, readable by machines and people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from services import errors
from services.evaluation import measures
from services.evaluation.measures import BY_NAME, Score
from services.evaluation.outcomes import Outcome, faults
from services.evaluation.sets import QuestionSet

LONGEST_NAME, MOST_QUESTIONS = 200, 10_000
FORMAT: Literal["holdfast-evaluation-1"] = "holdfast-evaluation-1"


class Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Place(Kept):
    """Where a text comes from."""

    document_id: str
    document: str
    page: int | None


class Cited(Place):
    quote: str


class FoundPassage(Place):
    score: float


class Asked(Kept):
    """One question: what is right, what came, and a score for every measure that says something of it."""

    id: str
    question: str
    asked_as: str
    answerable: bool
    right: list[str]
    document: str | None
    pages: list[int]
    answer_id: str
    kind: str
    text: str
    citations: list[Cited]
    found: list[FoundPassage]
    sources: list[str]
    """Ids of all documents that any text in here may come from, as far as they were found."""
    faults: list[str]
    scores: dict[str, Score]

    @classmethod
    def of(cls, outcome: Outcome, cost_per_hour: Score) -> Self:
        gold, answer = outcome.question, outcome.exchange.answer
        return cls(
            id=gold.id,
            question=gold.question,
            asked_as=gold.asker,
            answerable=gold.answerable,
            right=list(gold.answers or gold.key_facts),
            document=gold.document,
            pages=list(gold.pages),
            answer_id=str(answer.get("id", "")),
            kind=outcome.exchange.kind,
            text=outcome.text,
            citations=[
                Cited(
                    document_id=one.document_id, document=one.document_name, page=one.page, quote=one.quote
                )
                for one in outcome.exchange.citations
            ],
            found=[
                FoundPassage(
                    document_id=one["document_id"], document=one["document_name"], page=one["page"],
                    score=one["score"],
                )
                for one in outcome.passages
            ],
            sources=sorted(set(_sources(outcome))),
            faults=faults(outcome),
            scores=measures.scores_of(outcome, cost_per_hour),
        )  # fmt: skip


def _sources(outcome: Outcome) -> Iterator[str]:
    for passage in (*outcome.passages, *outcome.exchange.passages):
        yield passage["document_id"]
    yield from (citation.document_id for citation in outcome.exchange.citations)


class Total(Kept):
    """A measure over the set, and the number of questions that it stands on."""

    value: Score
    questions: int


class EvaluationResult(Kept):
    format: Literal["holdfast-evaluation-1"]
    label: Annotated[str, Field(max_length=LONGEST_NAME)]
    set_name: Annotated[str, Field(max_length=LONGEST_NAME)]
    set_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    release_ids: Annotated[list[str], Field(max_length=100)]
    manner: dict[str, Any]
    """What was set besides the release: `collections`, `policy`, `cost_per_hour`."""
    begun_at: AwareDatetime
    ended_at: AwareDatetime
    totals: dict[str, Total]
    asked: Annotated[list[Asked], Field(max_length=MOST_QUESTIONS)]


@dataclass(frozen=True, slots=True)
class Run:
    """The circumstances of a run."""

    question_set: QuestionSet
    label: str
    manner: dict[str, Any]
    begun_at: datetime
    ended_at: datetime


def make(run: Run, outcomes: Sequence[Outcome], cost_per_hour: Score = None) -> EvaluationResult:
    asked = [Asked.of(outcome, cost_per_hour) for outcome in outcomes]
    releases = {str(one.exchange.answer.get("release_id") or "") for one in outcomes} - {""}
    return EvaluationResult(
        format=FORMAT,
        label=run.label[:LONGEST_NAME],
        set_name=run.question_set.name[:LONGEST_NAME],
        set_digest=run.question_set.digest,
        release_ids=sorted(releases),
        manner=run.manner,
        begun_at=run.begun_at,
        ended_at=run.ended_at,
        totals=totals(asked),
        asked=asked,
    )


def totals(asked: Sequence[Asked]) -> dict[str, Total]:
    found = {}
    for name, measure in BY_NAME.items():
        if any(name in one.scores for one in asked):
            value, counted = measures.total(measure, (one.scores.get(name) for one in asked))
            found[name] = Total(value=value, questions=counted)
    return found


def write(path: Path, result: EvaluationResult) -> None:
    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> EvaluationResult:
    """errors.InvalidRequest where it is no result; totals are counted anew, never believed."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise errors.InvalidRequest(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise errors.InvalidRequest(
            f"{path} is no result of an evaluation: {place}: {first['msg']}"
        ) from error


def parse(content: bytes) -> EvaluationResult:
    """pydantic.ValidationError where it is no result."""
    result = EvaluationResult.model_validate_json(content)
    return result.model_copy(update={"totals": totals(result.asked)})
