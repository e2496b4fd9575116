"""A text as a few hundred numbers: enough to tell how alike two texts are, and whether their facts differ.

Shingles are five words in a row, with every number and month hidden behind a mark, so that two texts that
differ in nothing but their figures look the same. `signature` is MinHash (Broder 1997) over 64 hashes,
`lowest` the bottom-k sketch from which the likeness of two texts is estimated (exact for short ones).
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

WORDS_TOGETHER = 5
HASHES = 64
LOWEST = 512
LEAST_SHINGLES = 8
ROWS_AT_ONCE = 4096
MONTHS = frozenset(
    {
        "january", "february", "march", "april", "june", "july", "august", "september", "october",
        "november", "december", "januar", "februar", "märz", "mai", "juni", "juli", "oktober", "dezember",
        "janvier", "février", "mars", "avril", "juin", "juillet", "août", "septembre", "octobre",
        "novembre", "décembre",
    }
)  # fmt: skip
"""Without “may”, which is mostly another word."""
NUMERALS = frozenset(
    {
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
        "thousand",
    }
)  # fmt: skip
Hashes = NDArray[np.uint64]

word = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+")
MIXERS = np.random.default_rng(20261121).integers(1, 1 << 63, size=(2, HASHES), dtype=np.uint64) | np.uint64(
    1
)
STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads neighbours (Knuth, TAOCP 3, 6.4)


@dataclass(frozen=True, slots=True)
class Sketch:
    """`facts` are the text's numbers, months and numerals, as it writes them."""

    signature: Hashes
    lowest: Hashes
    shingles: int
    facts: frozenset[str]

    @property
    def is_comparable(self) -> bool:
        """A text of a few words is like many others, which says nothing."""
        return self.shingles >= LEAST_SHINGLES


class Sketcher:
    """Sketches texts; it remembers the words it met, for most come again."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}

    def sketch(self, text: str) -> Sketch:
        words = word.findall(text.lower())
        facts = [one for one in words if is_fact(one)]
        hashes = _shingled(np.array([self._hash(one) for one in words], dtype=np.uint64))
        return Sketch(_signature(hashes), hashes[:LOWEST].copy(), len(hashes), frozenset(map(plain, facts)))

    def _hash(self, found: str) -> int:
        known = self._words.get(found)
        if known is None:
            shown = "#" if is_fact(found) else found
            known = int.from_bytes(blake2b(shown.encode(), digest_size=8).digest())
            self._words[found] = known
        return known


def is_fact(found: str) -> bool:
    return found[0].isdigit() or found in MONTHS or found in NUMERALS


def plain(fact: str) -> str:
    """1,000 and 1000 are one number."""
    return fact.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", fact) else fact


def _shingled(words: Hashes) -> Hashes:
    """The hashes of every five words in a row, each once, smallest first."""
    if len(words) < WORDS_TOGETHER:
        return words[:0]
    hashes = np.zeros(len(words) - WORDS_TOGETHER + 1, dtype=np.uint64)
    for place in range(WORDS_TOGETHER):
        hashes = hashes * STEP + words[place : len(words) - WORDS_TOGETHER + 1 + place]
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes * STEP)


def _signature(hashes: Hashes) -> Hashes:
    smallest = np.full(HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashes), ROWS_AT_ONCE):
        mixed = hashes[start : start + ROWS_AT_ONCE, None] * MIXERS[0] + MIXERS[1]
        mixed ^= mixed >> np.uint64(31)
        np.minimum(smallest, (mixed * STEP).min(axis=0), out=smallest)
    return smallest


def likeness(first: Sketch, second: Sketch) -> float:
    """Estimate of the share of shingles that both have among all that either has (Jaccard), 0 to 1."""
    together = np.union1d(first.lowest, second.lowest)[:LOWEST]
    if not len(together):
        return 0.0
    in_both = np.intersect1d(first.lowest, second.lowest)
    return float(np.isin(together, in_both).sum() / len(together))
