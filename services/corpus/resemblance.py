"""Which documents are nearly the same, and which of those contradict one another in numbers or dates."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.corpus.sketches import HASHES, Sketch, likeness

NEARLY = 0.8
"""From this likeness on two texts are one text for a reader: four of five shingles are shared."""
ROWS = 4
"""Bands of four hashes: a pair of likeness 0.8 is met with a chance of 1 - (1 - 0.8^4)^16 > 0.999."""
SHOWN_FACTS = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions that are nearly the same, and the facts that only one of them states."""

    first: str
    second: str
    likeness: float
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def is_conflict(self) -> bool:
        return bool(self.only_first or self.only_second)


def near_pairs(sketches: Mapping[str, Sketch]) -> list[Pair]:
    """Pairs of versions of at least `NEARLY`, most alike first; of a large group only some of its pairs."""
    found = []
    for first, second in sorted(_candidates(sketches)):
        alike = likeness(sketches[first], sketches[second])
        if alike >= NEARLY:
            found.append(_pair(first, second, alike, sketches))
    return sorted(found, key=lambda pair: (-pair.likeness, pair.first, pair.second))


def _pair(first: str, second: str, alike: float, sketches: Mapping[str, Sketch]) -> Pair:
    ours, theirs = sketches[first].facts, sketches[second].facts
    return Pair(
        first,
        second,
        round(alike, 3),
        tuple(sorted(ours - theirs)[:SHOWN_FACTS]),
        tuple(sorted(theirs - ours)[:SHOWN_FACTS]),
    )


def _candidates(sketches: Mapping[str, Sketch]) -> set[tuple[str, str]]:
    """Pairs that share a band. In a large group each is compared with the first and with its neighbour."""
    pairs: set[tuple[str, str]] = set()
    for band in range(0, HASHES, ROWS):
        alike: dict[bytes, list[str]] = defaultdict(list)
        for version_id, sketch in sketches.items():
            if sketch.is_comparable:
                alike[sketch.signature[band : band + ROWS].tobytes()].append(version_id)
        for group in alike.values():
            pairs.update(_chained(group))
    return pairs


def _chained(group: list[str]) -> Iterator[tuple[str, str]]:
    for place, version_id in enumerate(group[1:], start=1):
        for other in {group[0], group[place - 1]}:
            yield (min(other, version_id), max(other, version_id))


def groups_of(pairs: list[Pair]) -> list[list[str]]:
    """Versions that are nearly the same as one another, directly or through others; largest groups first."""
    leader: dict[str, str] = {}

    def find(one: str) -> str:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for pair in pairs:
        leader[find(pair.first)] = find(pair.second)
    together: dict[str, list[str]] = defaultdict(list)
    for one in sorted(leader):
        together[find(one)].append(one)
    return sorted(together.values(), key=lambda group: (-len(group), group[0]))
