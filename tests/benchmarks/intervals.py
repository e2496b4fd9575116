"""Medians with intervals: what a few noisy pairs can say."""

import random
import statistics
from collections.abc import Sequence
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


def median(values: Sequence[float]) -> Median:
    """ValueError where there is nothing to take a median of."""
    if not values:
        raise ValueError("no values were measured")
    chance = random.Random(0)  # noqa: S311  (resampling, not secrecy)
    drawn = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(DRAWS))
    return Median(
        statistics.median(values), drawn[int(DRAWS * 0.025)], drawn[int(DRAWS * 0.975) - 1], len(values)
    )
