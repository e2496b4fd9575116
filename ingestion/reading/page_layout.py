"""What a PDF page shows: its lines with their place, their letters' size and weight, and their gaps."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

BROKEN = "\x02"
"""Stands at a line's end for a hyphen that the line break brought."""

sentence_end = re.compile(r"[.!?:;][\"'\u201d\u2019)\]]*$")


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that stand together; lengths are points, `x` grows to the right."""

    text: str
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is set: `y` is its baseline, growing upwards; `is_even` where it has one style only.

    `cells` are its parts between gaps wider than a space; `first_word` is a width.
    """

    text: str
    x0: float = 0.0
    x1: float = 0.0
    y: float = 0.0
    size: float = 10.0
    is_bold: bool = False
    is_even: bool = True
    first_word: float = 0.0
    cells: tuple[Cell, ...] = ()

    @property
    def style(self) -> tuple[float, bool]:
        return round(self.size * 2) / 2, self.is_bold

    @property
    def ends_sentence(self) -> bool:
        return bool(sentence_end.search(self.text.strip()))


@dataclass(frozen=True, slots=True)
class Page:
    lines: tuple[Line, ...]
    height: float = 0.0
    is_damaged: bool = False
    shows_pictures: bool = False


def body_style(lines: Iterable[Line]) -> tuple[float, bool]:
    """The style that most letters are set in."""
    letters: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        letters[line.style] += len(line.text)
    return letters.most_common(1)[0][0] if letters else (10.0, False)


def leadings(pages: Sequence[Sequence[Line]]) -> dict[float, float]:
    """From one baseline to the next inside a paragraph, by letter size: the least distance that is common."""
    seen: dict[float, Counter[float]] = {}
    for lines in pages:
        for above, below in pairwise(lines):
            fall = above.y - below.y
            if above.style[0] == below.style[0] and 0.5 * below.size < fall < 3 * below.size:
                seen.setdefault(below.style[0], Counter())[round(fall * 2) / 2] += 1
    return {
        size: min(
            fall
            for fall, count in falls.items()
            if count * 5 >= falls.total() or count == max(falls.values())
        )
        for size, falls in seen.items()
    }
