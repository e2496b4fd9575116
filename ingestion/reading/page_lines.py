"""A PDF page's lines to paragraphs, lists, headings and tables."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingestion.reading.page_layout import BROKEN, Line
from ingestion.reading.pdf_tables import Table
from ingestion.reading.pieces import Piece, clean

bullet = re.compile(
    r"\s*(?:[•◦▪‣●○■□·]|[\x01-\x08]|[a-z]?[\x01-\x08]|o(?=\s+[A-Z])|[\uf000-\uf0ff])\s+(?=\S)"
)
weak_bullet = re.compile(r"\s*[\u2013*-]\s+(?=\S)")
numbered = re.compile(r"\s*(?:\(?\d{1,3}[.)]|\(?[a-z]\)|[ivx]{1,4}\.)\s+(?=\S)")
broken_word = re.compile(f"(-?)(\\w+){BROKEN}(\\w+)(?=(-?))")
word = re.compile(r"\w+(?:-\w+)*")
rest_of_sentence = re.compile(r".*?[.!?][\"'\u201d\u2019)\]]*(?=\s|$)", re.S)
starts_low = re.compile(r"[^\w]{0,2}[a-z\u00df-\u00ff]")

NEIGHBOURS = 6
SAME_EDGE = 60.0  # points that a list's lines stand further right than the text around it
SIZE_CHANGE = 0.15
PARAGRAPH_GAP = 1.25  # of the usual distance between lines
INDENT = 0.8  # of the letters' size
SPACE = 0.28


@dataclass(frozen=True, slots=True)
class PageText:
    """What is known of a page's lines: where tables and headings begin, and how far apart lines stand."""

    lines: Sequence[Line]
    number: int
    headings: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    tables: Mapping[int, Table] = field(default_factory=dict)
    leadings: Mapping[float, float] = field(default_factory=dict)


def page_pieces(page: PageText) -> Iterator[Piece]:
    paragraph: list[str] = []
    items: list[str] = []
    at = 0
    while at < len(page.lines):
        line = page.lines[at]
        piece, count = _special(page, at)
        starts = piece is not None or at == 0 or _begins(page, at)
        is_item = piece is None and _is_item(line, starts or bool(items), page.lines[at - 1] if at else None)
        if starts or is_item:
            yield from _flushed(paragraph, [] if is_item else items, page.number)
        if piece:
            yield piece
        elif is_item:
            items.append(_item(line.text))
        elif items:
            items[-1] = _joined(items[-1], line.text)
        else:
            paragraph[:] = [_joined(paragraph[0], line.text)] if paragraph else [line.text]
        at += count
    yield from _flushed(paragraph, items, page.number)


def _special(page: PageText, at: int) -> tuple[Piece | None, int]:
    """The table or heading that begins here, and how many lines it takes."""
    if table := page.tables.get(at):
        return Piece("table", table.text, page.number), table.count
    if at in page.headings:
        count, level = page.headings[at]
        text = ""
        for line in page.lines[at : at + count]:
            text = _joined(text, line.text)
        return Piece("heading", text, page.number, level), count
    return None, 1


def _flushed(paragraph: list[str], items: list[str], page: int) -> Iterator[Piece]:
    if paragraph and clean(paragraph[0]):
        yield Piece("text", paragraph[0], page)
    if items:
        yield Piece("list", "\n".join(items), page)
    paragraph.clear()
    items.clear()


def _is_item(line: Line, may_begin: bool, above: Line | None) -> bool:
    if bullet.match(line.text):
        return True
    may_begin = may_begin or above is None or above.ends_sentence
    return may_begin and bool(weak_bullet.match(line.text) or numbered.match(line.text))


def _item(text: str) -> str:
    marked = bullet.match(text) or weak_bullet.match(text)
    return "- " + text[marked.end() :].strip() if marked else text.strip()


def _joined(text: str, more: str) -> str:
    """A line after the text before it; a word that the line's end broke stays marked as broken."""
    text, more = text.rstrip(), more.strip()
    return text + more if not text or text.endswith(BROKEN) else f"{text} {more}"


def _begins(page: PageText, at: int) -> bool:
    """Whether a paragraph begins with line `at`."""
    above, line = page.lines[at - 1], page.lines[at]
    if above.text.endswith(BROKEN):
        return False
    fall = above.y - line.y
    if fall < -0.5 * line.size:
        return above.ends_sentence or not starts_low.match(line.text)
    if fall < 0.3 * line.size:
        return False
    usual = page.leadings.get(line.style[0], 1.2 * line.size)
    is_apart = fall > usual * PARAGRAPH_GAP + 0.5
    changes_size = abs(above.size - line.size) > SIZE_CHANGE * line.size
    if is_apart or changes_size:
        return True
    if above.ends_sentence and line.x0 > above.x0 + INDENT * line.size and not bullet.match(above.text):
        return True
    return _stops_short(page, at) and not starts_low.match(line.text)


def _stops_short(page: PageText, at: int) -> bool:
    """Whether this line's first word would have fitted on the line above."""
    above, line = page.lines[at - 1], page.lines[at]
    near = page.lines[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]
    edge = max(other.x1 for other in near if abs(other.x0 - above.x0) <= SAME_EDGE)
    return above.x1 + (SPACE * line.size) + line.first_word < edge - 1


def words_of(pages: Iterable[Iterable[Line]]) -> frozenset[str]:
    """The words a document writes, hyphenated ones whole, to tell how a broken word is to be joined."""
    return frozenset(
        found for lines in pages for line in lines for found in word.findall(line.text.casefold())
    )


def restored(text: str, words: frozenset[str]) -> str:
    """Words that a line's end broke are joined, with a hyphen where the document shows that it belongs."""

    def joined(match: re.Match[str]) -> str:
        before, left, right, after = match.groups()
        whole, hyphenated = (left + right).casefold(), f"{left}-{right}".casefold()
        two_words = min(len(left), len(right)) > 2 and {left.casefold(), right.casefold()} <= words
        is_compound = bool(before or after) or hyphenated in words or (two_words and whole not in words)
        return f"{before}{left}-{right}" if is_compound else left + right

    return broken_word.sub(joined, text).replace(BROKEN, "-") if BROKEN in text else text


def finished(piece: Piece, words: frozenset[str]) -> Piece:
    """A piece with its broken words whole and nothing invisible in it."""
    lines = restored(piece.text, words).split("\n")
    return replace(piece, text="\n".join(clean(line) for line in lines))


def join_over_pages(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """A sentence that a page's end cuts is put together on the page where it begins."""
    held: Piece | None = None
    for piece in pieces:
        moved = _sentence_left(held, piece) if held else ""
        if held:
            yield replace(held, text=_joined(held.text, moved)) if moved else held
        rest = piece.text[len(moved) :].lstrip() if moved else piece.text
        held = replace(piece, text=rest) if rest else None
    if held:
        yield held


def _sentence_left(above: Piece, below: Piece) -> str:
    kinds_fit = above.kind in ("text", "list") and below.kind == "text"
    ends = above.text.rstrip().endswith((".", "!", "?", ":", ";", '"', "\u201d"))
    is_next = above.page is not None and below.page == above.page + 1  # a page between may be a picture
    if not is_next or not kinds_fit or ends or not starts_low.match(below.text):
        return ""
    found = rest_of_sentence.match(below.text)
    return found.group() if found else below.text
