"""What is not in force comes later: still found, for somebody may ask what used to hold, but not first."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.passages import Passage

SHARE = 0.7
"""Of its score a passage keeps so much where its document is not in force on the day."""


def in_force_first(ranked: Iterable[Passage], day: date) -> list[Passage]:
    """The ranking with what is not in force on `day` put back; the order of equals stays."""
    weighed = [
        passage if passage.is_in_force(day) else replace(passage, score=SHARE * passage.score)
        for passage in ranked
    ]
    return sorted(weighed, key=lambda passage: -passage.score)
