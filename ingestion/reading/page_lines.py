"""A PDF page's lines to paragraphs, lists and headings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ingestion.reading.pieces import Piece, clean

bullet = re.compile(
    r"\s*(?:[•◦▪‣●○■□\u2013·*-]|[\x01-\x08]|[a-z]?[\x01-\x08]|o(?=\s+[A-Z])|[\uf000-\uf0ff])\s+(?=\S)"
)
numbered = re.compile(r"\s*(?:\(?\d{1,3}[.)]|\(?[a-z]\)|[ivx]{1,4}\.)\s+(?=\S)")
sentence_end = re.compile(r"[.!?:;][\"'\u201d\u2019)\]]*$")
digits = re.compile(r"\d{1,9}")
start_number = re.compile(r"^(?:\d{1,5}|[ivxlc]+)\b(?=\W*[^\W\d])")
end_number = re.compile(r"(?<=\s)(?:\d{1,5}|[ivxlc]+)$")
page_word = re.compile(r"\W*(?:page|seite|página|pagina|p\.)\s*\d+(?:\W+(?:of|von|de|di)?\W*\d+)?\W*$")
broken_word = re.compile("(\\w+)\x02(\\w+)")
word = re.compile(r"\w+(?:-\w+)*")
not_letters = re.compile(r"[\W_]+")
EDGE_LINES = 3
LETTERS_OF_A_HEADER = 12
LINES_OF_ONE_HEADING = 3


class Headings:
    """Which lines of which page are headings; a heading may run over up to three lines."""

    def __init__(self, found: Iterable[tuple[int, str, int]]) -> None:
        self.by_page: dict[int, dict[str, int]] = defaultdict(dict)
        for page, text, level in _with_title_above(list(found)):
            if is_heading(text):
                self.by_page[page][squeezed(text)] = level

    def match(self, lines: Sequence[str], page: int) -> tuple[int, int]:
        """How many of the first `lines` are one heading, and its level; (0, 0) for none."""
        known = self.by_page.get(page, {})
        for count in range(1, min(LINES_OF_ONE_HEADING, len(lines)) + 1):
            level = known.get(squeezed("".join(lines[:count])))
            if level is not None:
                return count, level
        return 0, 0


def _with_title_above(found: list[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    """Levels come from font sizes; a title that is alone in its size stands above all the rest."""
    if len(found) < 2:
        return found
    page, text, level = found[0]
    if sum(other == level for _, _, other in found) == 1 and found[1][2] < level:
        return [(page, text, 0), *found[1:]]
    return found


def is_heading(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    solid = len("".join(text.split()))
    return (
        letters >= 2
        and letters * 2 >= solid
        and len(text) <= 160
        and not text.rstrip().endswith((".", ",", ";"))
    )


def squeezed(text: str) -> str:
    return not_letters.sub("", text).casefold()


def drop_running_lines(pages: list[list[str]]) -> list[list[str]]:
    """Without the headers, footers and page numbers that come back on a good part of the pages."""
    seen = Counter(key for page, lines in enumerate(pages) for key in _edge_keys(lines, page))
    least = max(3, len([lines for lines in pages if lines]) * 3 // 10)
    running = {key for key, count in seen.items() if count >= least}
    return [_without(lines, page, running) for page, lines in enumerate(pages)] if running else pages


def _edge_keys(lines: list[str], page: int) -> set[str]:
    return {
        key for line in lines[:EDGE_LINES] + lines[EDGE_LINES:][-EDGE_LINES:] for key in _keys(line, page)
    }


def _keys(line: str, page: int) -> set[str]:
    """What must come back for `line` to be a running one: its words, or a number that counts the pages.

    A row that only differs in its numbers from others is data, so numbers are never simply ignored:
    one may differ at either end of a long line, as a header's page number does.
    """
    text = " ".join(line.split()).casefold()
    letters = sum(letter.isalpha() for letter in text)
    if letters >= LETTERS_OF_A_HEADER or page_word.match(text):
        whole = digits if page_word.match(text) else end_number
        return {text, whole.sub("#", start_number.sub("#", text))}
    numbers = digits.findall(text)
    counted = {f"{digits.sub('#', text)} {int(numbers[0]) - page}"} if len(numbers) in (1, 2) else set()
    return {text, *counted} if letters else counted


def _without(lines: list[str], page: int, running: set[str]) -> list[str]:
    last = len(lines) - EDGE_LINES
    return [line for n, line in enumerate(lines) if EDGE_LINES <= n < last or not running & _keys(line, page)]


def words_of(pages: Iterable[Iterable[str]]) -> frozenset[str]:
    """The words a document writes, hyphenated ones whole, to tell how a broken word is to be joined."""
    return frozenset(found for lines in pages for line in lines for found in word.findall(line.casefold()))


def restore_line(line: str, words: frozenset[str]) -> str:
    """Words that a line's end broke are joined, with a hyphen where the document shows that it belongs."""

    def joined(match: re.Match[str]) -> str:
        left, right = match.group(1), match.group(2)
        whole, hyphenated = (left + right).casefold(), f"{left}-{right}".casefold()
        two_words = min(len(left), len(right)) > 2 and {left.casefold(), right.casefold()} <= words
        keeps_hyphen = hyphenated in words or (two_words and whole not in words)
        return f"{left}-{right}" if keeps_hyphen else left + right

    return broken_word.sub(joined, line)


def drop_edges_outside(lines: list[str], structured: str) -> list[str]:
    """Without a first and last line that the page's structure leaves out while it holds all the rest.

    For documents too short to show what repeats.
    """
    outside = [squeezed(line) not in structured for line in lines]
    if len(lines) < 3 or any(outside[1:-1]):
        return lines
    return [line for line, left_out in zip(lines, outside, strict=True) if not left_out]


def page_pieces(lines: Sequence[str], page: int, headings: Headings) -> Iterator[Piece]:
    full = _usual_width(lines)
    paragraph: list[str] = []
    items: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        count, level = headings.match(lines[at:], page)
        is_item = not count and bool(bullet.match(line) or numbered.match(line))
        starts = count or is_item or _ends_before(lines[at - 1] if at else "", full)
        if starts and paragraph:
            yield Piece("text", clean(" ".join(paragraph)), page)
            paragraph = []
        if items and (count or (starts and not is_item)):
            yield Piece("list", "\n".join(items), page)
            items = []
        if count:
            yield Piece("heading", clean(" ".join(lines[at : at + count])), page, level)
        elif is_item:
            items.append(_item(line))
        elif items:
            items[-1] += " " + clean(line)
        else:
            paragraph.append(line)
        at += count or 1
    yield from _rest(paragraph, items, page)


def _item(line: str) -> str:
    marked = bullet.match(line)
    return clean("- " + line[marked.end() :] if marked else line)


def _rest(paragraph: list[str], items: list[str], page: int) -> Iterator[Piece]:
    if text := clean(" ".join(paragraph)):
        yield Piece("text", text, page)
    if items:
        yield Piece("list", "\n".join(items), page)


def _usual_width(lines: Sequence[str]) -> int:
    """Length of a full line here: the ninth decile, so that a few long table rows do not set it."""
    widths = sorted(len(line.strip()) for line in lines)
    return widths[len(widths) * 9 // 10] if widths else 0


def _ends_before(previous: str, full: int) -> bool:
    """Whether a paragraph ended with the line before: it stops short, or ends a sentence a little short."""
    width = len(previous.strip())
    return width < full * 0.72 or (width < full * 0.92 and bool(sentence_end.search(previous.strip())))
