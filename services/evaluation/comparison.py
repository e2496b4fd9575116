"""Two results of one question set: what is better, what is worse, and where no difference was shown.

Questions are paired by id and wording, and drawn again with their pairs (the paired bootstrap): a difference
counts as shown where its 95 % interval leaves zero out. Every measure has an interval of its own, so of
twenty measures one may seem to differ by chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from services import errors
from services.evaluation.measures import BY_NAME, Measure
from services.evaluation.results import Asked, EvaluationResult

DRAWS = 4000
ENOUGH = 10
"""Fewer pairs than this show nothing: an interval over them would be narrower than what is known."""
Said = Literal["better", "worse", "no difference shown", "too few questions"]
Pair = tuple[Asked, Asked]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure: both values over the pairs that have it, second minus first, and the interval of that."""

    measure: Measure
    first: float
    second: float
    pairs: int
    low: float
    high: float
    said: Said

    @property
    def gain(self) -> float:
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class Comparison:
    first: EvaluationResult
    second: EvaluationResult
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]

    @property
    def is_whole(self) -> bool:
        """Both asked the same questions."""
        return len(self.pairs) == len(self.first.asked) == len(self.second.asked)

    @property
    def changed(self) -> list[Pair]:
        """Pairs that came out otherwise, the gravest losses first."""
        moved = [pair for pair in self.pairs if pair[0].text != pair[1].text or _loss(pair)]
        return sorted(moved, key=_loss, reverse=True)


def compare(first: EvaluationResult, second: EvaluationResult) -> Comparison:
    """errors.InvalidRequest where they have no question in common."""
    known = {(one.id, one.question): one for one in first.asked}
    common = [one for one in second.asked if (one.id, one.question) in known]
    pairs = tuple((known[one.id, one.question], one) for one in common)
    if not pairs:
        raise errors.InvalidRequest("The two results have no question in common")
    found = (_difference(measure, pairs) for measure in BY_NAME.values())
    return Comparison(first, second, pairs, tuple(one for one in found if one is not None))


def _difference(measure: Measure, pairs: Sequence[Pair]) -> Difference | None:
    both = [(first.scores.get(measure.name), second.scores.get(measure.name)) for first, second in pairs]
    scores = np.array([one for one in both if None not in one], dtype=float)
    if not len(scores):
        return None
    first, second = _of(measure)(scores, 0)
    low, high = _interval(measure, scores)
    return Difference(measure, first, second, len(scores), low, high, _said(measure, len(scores), low, high))


def _of(measure: Measure) -> Callable[..., Any]:
    """NumPy's own: the rows may be drawn many times over."""
    ways: dict[str, Callable[..., Any]] = {"mean": np.mean, "median": np.median, "sum": np.sum}
    return ways[measure.how]


def _interval(measure: Measure, scores: np.ndarray) -> tuple[float, float]:
    chance = np.random.default_rng(0)
    gains = []
    for _ in range(DRAWS // 200):  # in parts: all draws at once would take gigabytes for a large set
        drawn = scores[chance.integers(0, len(scores), (200, len(scores)))]
        found = _of(measure)(drawn, 1)
        gains.append(found[:, 1] - found[:, 0])
    low, high = np.percentile(np.concatenate(gains), [2.5, 97.5])
    return float(low), float(high)


def _said(measure: Measure, pairs: int, low: float, high: float) -> Said:
    if pairs < ENOUGH:
        return "too few questions"
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (low > 0) is measure.higher else "worse"


def _loss(pair: Pair) -> float:
    """By how much the second is worse, over everything that is no time and no money."""
    loss = 0.0
    for name, measure in BY_NAME.items():
        first, second = (one.scores.get(name) for one in pair)
        if measure.unit in ("share", "count") and first is not None and second is not None:
            loss += (first - second) if measure.higher else (second - first)
    return round(loss, 6)
