"""Wire shapes of kept evaluations."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.database.tables.evaluations import Evaluation
from services.evaluation.comparison import Comparison, Difference, Said
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


class DifferenceOut(BaseModel):
    """One measure over the questions both have: second minus first, and the 95 % interval of that."""

    name: str
    title: str
    unit: str
    higher: bool
    """Whether more of it is better."""
    first: float
    second: float
    gain: float
    low: float
    high: float
    pairs: int
    said: Said

    @classmethod
    def of(cls, one: Difference) -> Self:
        measure = one.measure
        return cls(
            name=measure.name, title=measure.title, unit=measure.unit, higher=measure.higher,
            first=one.first, second=one.second, gain=one.gain, low=one.low, high=one.high,
            pairs=one.pairs, said=one.said,
        )  # fmt: skip


class ComparisonOut(BaseModel):
    """Two runs of one question set, in numbers; `is_whole` is whether both asked the same questions."""

    first: EvaluationSummary
    second: EvaluationSummary
    pairs: int
    is_whole: bool
    differences: list[DifferenceOut]

    @classmethod
    def of(cls, rows: tuple[Evaluation, Evaluation], found: Comparison) -> Self:
        first, second = (EvaluationSummary.of(row) for row in rows)
        return cls(
            first=first,
            second=second,
            pairs=len(found.pairs),
            is_whole=found.is_whole,
            differences=[DifferenceOut.of(one) for one in found.differences],
        )
