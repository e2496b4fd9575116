"""Near-duplicates among ranked passages: the same words twice crowd out what else is known."""

import re
from collections.abc import Iterable, Sequence

from services.passages import Passage

SHINGLE_WORDS = 3
ALIKE = 0.9
SAME_TEXT = 0.6
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


def editions(passages: Sequence[Passage]) -> list[tuple[Passage, ...]]:
    """Groups of passages that are one text in several documents but for a few words or figures.

    Such as the 2022 and the 2023 edition of a policy: whoever quotes one should say which, and by what date.
    Each group has the newest first; a passage without such a neighbour is in no group.
    """
    groups: list[tuple[frozenset[str], list[Passage]]] = []
    for passage in passages:
        _figures, shingles = fingerprint(FIGURES.sub(" ", passage.text.lower()))
        for seen, members in groups:
            elsewhere = all(member.document_id != passage.document_id for member in members)
            if elsewhere and len(seen & shingles) >= SAME_TEXT * len(seen | shingles):
                members.append(passage)
                break
        else:
            groups.append((shingles, [passage]))
    return [tuple(sorted(members, key=_age)) for _seen, members in groups if len(members) > 1]


def _age(passage: Passage) -> float:
    return -passage.published_at.timestamp() if passage.published_at else 0.0


def fingerprint(text: str) -> tuple[list[str], frozenset[str]]:
    """The numbers of a text in order, and the set of its runs of three words."""
    words = WORDS.findall(text.lower())
    figures = FIGURES.findall(text.lower())
    runs = max(1, len(words) - SHINGLE_WORDS + 1)
    return figures, frozenset(" ".join(words[start : start + SHINGLE_WORDS]) for start in range(runs))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)
