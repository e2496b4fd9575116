"""The gate: thresholds that a result has to meet before a release may be promoted.

    set = "<sha256 of the question set's file>"    # optional: no other set will do

    [measures.page_exact]
    at_least = 0.8
    of = 30                                        # so many questions have to have counted

    [measures.permission_leaks]
    at_most = 0

What was not measured has not been met, and neither has a result that several releases answered.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services import errors
from services.evaluation.measures import BY_NAME
from services.evaluation.results import EvaluationResult


class Threshold(BaseModel):
    """One measure's bounds, inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    at_least: float | None = None
    at_most: float | None = None
    of: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("say at_least or at_most")
        return self

    def is_met_by(self, value: float | None, questions: int) -> bool:
        if value is None or questions < self.of:
            return False
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        bounds = [(self.at_least, "≥"), (self.at_most, "≤")]
        said = ", ".join(f"{sign} {bound:g}" for bound, sign in bounds if bound is not None)
        return said + (f" of {self.of} at least" if self.of > 1 else "")


class Gate(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str | None = None
    measures: Annotated[dict[str, Threshold], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_measures(self) -> Self:
        unknown = sorted(self.measures.keys() - BY_NAME.keys())
        if unknown:
            raise ValueError(f"there is no measure {unknown[0]}; there are {', '.join(BY_NAME)}")
        return self


@dataclass(frozen=True, slots=True)
class Met:
    """One line of the decision."""

    name: str
    wanted: str
    value: float | None
    questions: int
    is_met: bool


@dataclass(frozen=True, slots=True)
class Decision:
    rows: tuple[Met, ...]

    @property
    def is_passed(self) -> bool:
        return all(row.is_met for row in self.rows)


def parse(text: str) -> Gate:
    """errors.InvalidRequest where it is no gate."""
    try:
        return Gate.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise errors.InvalidRequest(f"The gate is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise errors.InvalidRequest(f"The gate: {place}: {first['msg']}") from error


def read(path: Path) -> Gate:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise errors.InvalidRequest(f"{path} cannot be read: {error}") from error


def decide(result: EvaluationResult, gate: Gate, release_id: str | None = None) -> Decision:
    """Whether the result meets every threshold, and is of one release: of `release_id` where it is named."""
    wanted = release_id[:12] if release_id else "one"
    one_release = len(result.release_ids) == 1 and release_id in (None, *result.release_ids)
    rows = [Met("release", wanted, None, len(result.asked), one_release)]
    if gate.set is not None:
        same = result.set_digest == gate.set
        rows.append(Met("set", gate.set[:12], None, len(result.asked), same))
    for name, threshold in gate.measures.items():
        found = result.totals.get(name)
        value, questions = (found.value, found.questions) if found else (None, 0)
        rows.append(Met(name, str(threshold), value, questions, threshold.is_met_by(value, questions)))
    return Decision(tuple(rows))
