"""Near-duplicates among ranked passages: the same words twice crowd out what else is known."""

import re
from collections.abc import Iterable

from services.passages import Passage

SHINGLE_WORDS = 3
ALIKE = 0.9
WORDS = re.compile(r"\w+")
FIGURES = re.compile(r"\b\w*?\d\w*")


def drop_duplicates(ranked: Iterable[Passage], at_most: int | None = None) -> list[Passage]:
    """The passages without those that repeat a better-ranked one; the first `at_most` of them.

    Two editions of a text that differ in a number are both kept: the difference may be the answer.
    """
    kept: list[Passage] = []
    prints: list[tuple[list[str], frozenset[str]]] = []
    for passage in ranked:
        if len(kept) == at_most:
            break
        figures, shingles = fingerprint(passage.text)
        if not any(figures == seen and _alike(shingles, others) for seen, others in prints):
            kept.append(passage)
            prints.append((figures, shingles))
    return kept


def fingerprint(text: str) -> tuple[list[str], frozenset[str]]:
    """The numbers of a text in order, and the set of its runs of three words."""
    words = WORDS.findall(text.lower())
    figures = FIGURES.findall(text.lower())
    runs = max(1, len(words) - SHINGLE_WORDS + 1)
    return figures, frozenset(" ".join(words[start : start + SHINGLE_WORDS]) for start in range(runs))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)
