"""Medians with intervals: what a few noisy pairs can say."""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Median:
    """A median and its 95 % interval (percentile bootstrap, seeded, so that a table can be had again)."""

    value: float
    low: float
    high: float
    count: int

    def detail(self, digits: int = 2) -> str:
        return f"median of {self.count} pairs; 95 % {self.low:.{digits}f} to {self.high:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and its 95 % interval, drawn in the same way."""

    value: float
    low: float
    high: float
    count: int


def median(values: Sequence[float]) -> Median:
    """ValueError where there is nothing to take a median of."""
    low, high = _drawn(values, statistics.median)
    return Median(statistics.median(values), low, high, len(values))


def mean(values: Sequence[float]) -> Mean:
    """ValueError where there is nothing to take a mean of."""
    low, high = _drawn(values, statistics.fmean)
    return Mean(statistics.fmean(values), low, high, len(values))


def _drawn(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> tuple[float, float]:
    if not values:
        raise ValueError("no values were measured")
    chance = random.Random(0)  # noqa: S311  (resampling, not secrecy)
    drawn = sorted(of(chance.choices(values, k=len(values))) for _ in range(DRAWS))
    return drawn[int(DRAWS * 0.025)], drawn[int(DRAWS * 0.975) - 1]
