"""Lines that belong to the page and not to the text: headers, footers and page numbers."""

import re
from collections import Counter
from collections.abc import Sequence

from ingestion.reading.page_layout import Line, Page

EDGE_LINES = 3
LETTERS_OF_A_HEADER = 12
LEAST_PAGES = 3
MARGIN = 0.09  # of the page's height
APART = 2.2  # of the letters' size, from a margin's line to the text

digits = re.compile(r"\d{1,9}")
start_number = re.compile(r"^(?:\d{1,5}|[ivxlc]+)\b(?=\W*[^\W\d])")
end_number = re.compile(r"(?<=\s)(?:\d{1,5}|[ivxlc]+)$")
page_word = re.compile(r"\W*\b(?:page|seite|página|pagina|p\.)\s*\d+(?:\W+(?:of|von|de|di)?\W*\d+)?\W*$")


def drop_running_lines(pages: Sequence[Page]) -> list[list[Line]]:
    """Without what comes back on a good part of the pages; too few of them show by their margins instead."""
    if len(pages) < LEAST_PAGES:
        return [_without_margins(page) for page in pages]
    seen = Counter(key for number, page in enumerate(pages) for key in _edge_keys(page.lines, number))
    least = max(LEAST_PAGES, sum(bool(page.lines) for page in pages) * 3 // 10)
    running = {key for key, count in seen.items() if count >= least}
    return [_without(page.lines, number, running) for number, page in enumerate(pages)]


def _edge_keys(lines: Sequence[Line], page: int) -> set[str]:
    edges = [*lines[:EDGE_LINES], *lines[EDGE_LINES:][-EDGE_LINES:]]
    return {key for line in edges for key in _keys(line.text, page)}


def _keys(line: str, page: int) -> set[str]:
    """What must come back for `line` to be a running one: its words, or a number that counts the pages.

    A row that only differs in its numbers from others is data, so numbers are never simply ignored:
    one may differ at either end of a long line, as a header's page number does.
    """
    text = " ".join(line.split()).casefold()
    letters = sum(letter.isalpha() for letter in text)
    if letters >= LETTERS_OF_A_HEADER or page_word.match(text):
        return {text, end_number.sub("#", start_number.sub("#", page_word.sub(" page #", text)))}
    numbers = digits.findall(text)
    counted = {f"{digits.sub('#', text)} {int(numbers[0]) - page}"} if len(numbers) in (1, 2) else set()
    return {text, *counted} if letters else counted


def _without(lines: Sequence[Line], page: int, running: set[str]) -> list[Line]:
    last = len(lines) - EDGE_LINES
    return [
        line for n, line in enumerate(lines) if EDGE_LINES <= n < last or not running & _keys(line.text, page)
    ]


def _without_margins(page: Page) -> list[Line]:
    """Without small lines in the outermost part of the page that stand well apart from all other text."""
    edge = page.height * MARGIN
    inner = [line for line in page.lines if edge <= line.y <= page.height - edge]
    if not inner:
        return list(page.lines)
    largest = max(line.size for line in inner)
    top = _reach(max(line.y for line in inner), sorted(page.lines, key=lambda line: line.y), 1)
    bottom = _reach(min(line.y for line in inner), sorted(page.lines, key=lambda line: -line.y), -1)
    return [line for line in page.lines if bottom <= line.y <= top or line.size > largest]


def _reach(at: float, outwards: Sequence[Line], way: int) -> float:
    """How far text goes from `at` towards an edge without a gap; `way` is up (1) or down (-1)."""
    for line in outwards:
        if 0 < (line.y - at) * way <= APART * line.size:
            at = line.y
    return at
