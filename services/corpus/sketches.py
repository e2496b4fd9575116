"""A text as a few hundred numbers: enough to tell how alike two texts are, and whether their facts differ.

Shingles are five words in a row, with every number and month hidden behind a mark, so that two texts that
differ in nothing but their figures look the same. `signature` is MinHash by one permutation (Li, Owen and
Zhang 2012) in 64 bins, empty ones filled from the next (Shrivastava and Li 2014); `lowest` is the bottom-k
sketch (Broder 1997) from which the likeness of two texts is estimated, exactly for short ones.
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
BIN_STARTS = np.arange(HASHES, dtype=np.uint64) << np.uint64(58)
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


class Words(dict[str, int]):
    """Each word's hash, made when it is first met; all facts have one hash together."""

    def __missing__(self, found: str) -> int:
        shown = "#" if is_fact(found) else found
        self[found] = int.from_bytes(blake2b(shown.encode(), digest_size=8).digest())
        return self[found]


class Sketcher:
    """Sketches texts; it remembers the words it met, for most come again."""

    def __init__(self) -> None:
        self._words = Words()

    def sketch(self, text: str) -> Sketch:
        words = word.findall(text.lower())
        facts = frozenset(plain(one) for one in set(words) if is_fact(one))
        found = np.fromiter(map(self._words.__getitem__, words), dtype=np.uint64, count=len(words))
        hashes = _shingled(found)
        return Sketch(_signature(hashes), hashes[:LOWEST].copy(), len(hashes), facts)


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
    """The smallest hash of each bin; an empty bin takes the next one's, marked by how far away that is."""
    if not len(hashes):
        return np.zeros(HASHES, dtype=np.uint64)
    firsts = np.searchsorted(hashes, BIN_STARTS)
    filled = np.flatnonzero(np.append(firsts[1:], len(hashes)) > firsts)
    places = np.arange(HASHES)
    nearest = filled[np.searchsorted(filled, places) % len(filled)]
    away = ((nearest - places) % HASHES).astype(np.uint64)
    return hashes[firsts[nearest]] + away * STEP


def likeness(first: Sketch, second: Sketch) -> float:
    """Estimate of the share of shingles that both have among all that either has (Jaccard), 0 to 1."""
    together = np.union1d(first.lowest, second.lowest)[:LOWEST]
    if not len(together):
        return 0.0
    in_both = np.intersect1d(first.lowest, second.lowest)
    return float(np.isin(together, in_both).sum() / len(together))
