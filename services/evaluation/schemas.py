"""Wire shapes of kept evaluations."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.database.tables.evaluations import Evaluation
from services.evaluation.results import Asked, Total


class EvaluationSummary(BaseModel):
    """What a run came to, in numbers."""

    id: str
    label: str
    set_name: str
    set_digest: str
    release_ids: list[str]
    manner: dict[str, Any]
    totals: dict[str, Total]
    begun_at: datetime
    ended_at: datetime
    kept_at: datetime

    @classmethod
    def of(cls, row: Evaluation) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in EvaluationSummary.model_fields})


class EvaluationPage(BaseModel):
    items: list[EvaluationSummary]
    next_cursor: str | None = None


class AskedOut(Asked):
    """One question; where it is withheld, its numbers alone, and its place in the set for a name."""

    withheld: bool = False

    @classmethod
    def numbers_of(cls, place: int, one: Asked) -> Self:
        return cls(
            id=str(place),
            question="",
            asked_as="",
            answerable=one.answerable,
            right=[],
            document=None,
            pages=[],
            answer_id="",
            kind=one.kind,
            text="",
            citations=[],
            found=[],
            sources=[],
            faults=[],
            scores=one.scores,
            withheld=True,
        )


class EvaluationOut(EvaluationSummary):
    asked: list[AskedOut]
