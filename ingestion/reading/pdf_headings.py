"""Which lines of a PDF are headings: larger or bolder than the text, or numbered, and never running text.

A passage without a heading is found all the same, while a wrong heading misleads: when in doubt, none.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingestion.reading.page_layout import Line, body_style

LARGER = 1.1
NOT_SMALLER = 0.9
LINES_OF_ONE_HEADING = 3
CHARACTERS, WORDS = 120, 16
LETTERS = 0.6  # of all characters; less is a date, an amount or a formula
NEXT_LINE = 1.4  # of the letters' size, from one line of a heading to its next
LIKE = 0.08  # of the letters' size
ABOVE = 1.3  # of the letters' size: text whose last line is nearer goes on in the line below

Style = tuple[float, bool]

section_number = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[^\W\d_a-z]")
item = re.compile(r"\s*(?:[•◦▪‣●○■□\u2013·*-]|[\x01-\x08]|[\uf000-\uf0ff])\s")
leaders = re.compile(r"(?:\.\s?){4}|…|_{3}")
first_letter = re.compile(r"[^\W\d_]")
loose_end = re.compile(r"\b(?:and|or|of|the|a|an|to|for|in|with|by|und|der|die|das|et|de)$", re.I)


@dataclass(frozen=True, slots=True)
class Heading:
    """`count` lines of page `page` (from 0) from line `at`; `depth` counts a section number's parts."""

    page: int
    at: int
    count: int
    text: str
    style: Style
    depth: int = 0


def find_headings(
    pages: Sequence[Sequence[Line]], taken: Sequence[Collection[int]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """How many lines from (page, line) are one heading, and its level; lines in `taken` are no headings."""
    body = body_style(line for lines in pages for line in lines)
    found = [
        heading
        for number, lines in enumerate(pages)
        for heading in _on_page(lines, number, taken[number], body)
    ]
    found = _of_heading_styles(found, pages)
    levels = _levels(found)
    return {(heading.page, heading.at): (heading.count, levels[heading]) for heading in found}


def _on_page(lines: Sequence[Line], number: int, taken: Collection[int], body: Style) -> Iterator[Heading]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if at in taken or not (_stands_out(line, body) or _is_numbered(lines, at)):
            at += 1
            continue
        count = _run(lines, at, taken) if _stands_out(line, body) else 1
        text = " ".join(part.text.strip() for part in lines[at : at + count])
        if count <= LINES_OF_ONE_HEADING and is_plausible(text) and not _is_running(lines, at, count):
            depth = 0 if _stands_out(line, body) else text.split()[0].strip(".").count(".") + 1
            yield Heading(number, at, count, text, line.style, depth)
        at += count


def _stands_out(line: Line, body: Style) -> bool:
    size, bold = line.style
    is_larger = size >= body[0] * LARGER
    is_bolder = bold and not body[1] and size >= body[0] * NOT_SMALLER
    return line.is_even and len(line.cells) < 2 and (is_larger or is_bolder)


def _is_numbered(lines: Sequence[Line], at: int) -> bool:
    """A section's number before a line that stands alone; a contents list has its like above or below."""
    line = lines[at]
    if not section_number.match(line.text) or len(line.cells) > 1 or len(line.text) > CHARACTERS // 2:
        return False
    around = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    return not any(section_number.match(other.text) for other in around) and not line.ends_sentence


def _run(lines: Sequence[Line], at: int, taken: Collection[int]) -> int:
    """Lines from `at` that follow one another closely in one style."""
    end = at + 1
    while end < len(lines) and end not in taken and _follows(lines[end - 1], lines[end]):
        end += 1
    return end - at


def _follows(above: Line, below: Line) -> bool:
    fall = above.y - below.y
    return above.style == below.style and below.is_even and 0 <= fall <= NEXT_LINE * below.size


def is_plausible(text: str) -> bool:
    """Whether a reader would take `text` for a heading, its letters left aside."""
    letters = sum(letter.isalpha() for letter in text)
    first = first_letter.search(text)
    return (
        letters >= 2
        and letters >= LETTERS * len("".join(text.split()))
        and len(text) <= CHARACTERS
        and len(text.split()) <= WORDS
        and not text.endswith((".", ",", ";", "-", "\x02"))
        and bool(first and not first.group().islower())
        and not item.match(text)
        and not leaders.search(text)
        and not loose_end.search(text)
    )


def _is_running(lines: Sequence[Line], at: int, count: int) -> bool:
    """Whether the line is part of the text above, below or beside it."""
    line, last = lines[at], lines[at + count - 1]
    above = lines[at - 1] if at else None
    below = lines[at + count] if at + count < len(lines) else None
    if (above and _is_beside(above, line)) or (below and _is_beside(last, below)):
        return True
    is_like = above and abs(above.size - line.size) < LIKE * line.size
    if above and is_like and not above.ends_sentence and _is_close(above, line):
        return above.x1 > line.x1
    return bool(below and _is_close(last, below) and below.text.lstrip()[:1].islower())


def _is_beside(line: Line, other: Line) -> bool:
    return abs(line.y - other.y) < 0.5 * line.size


def _is_close(above: Line, below: Line) -> bool:
    return -0.5 * below.size < above.y - below.y <= ABOVE * below.size


def _of_heading_styles(found: Sequence[Heading], pages: Sequence[Sequence[Line]]) -> list[Heading]:
    """Without the styles that set more running text than headings: a second body, a box, a quotation."""
    in_headings: Counter[Style] = Counter()
    for heading in found:
        in_headings[heading.style] += len(heading.text)
    in_all: Counter[Style] = Counter()
    for line in (line for lines in pages for line in lines if len(line.cells) < 2 and line.is_even):
        in_all[line.style] += len(line.text.strip())
    return [
        heading
        for heading in found
        if heading.depth or in_headings[heading.style] * 2 > in_all[heading.style]
    ]


def _levels(found: Sequence[Heading]) -> dict[Heading, int]:
    """The larger the outer, bold before plain; the title, alone in the largest style, stands above all."""
    styles = sorted({heading.style for heading in found if not heading.depth}, reverse=True)
    first = [heading for heading in found if styles and heading.style == styles[0] and not heading.depth]
    top = 0 if len(first) == 1 and first[0] == found[0] and len(found) > 1 else 1
    rank = {style: level for level, style in enumerate(styles, start=top)}
    below = top + len(styles) - 1
    return {heading: below + heading.depth if heading.depth else rank[heading.style] for heading in found}
