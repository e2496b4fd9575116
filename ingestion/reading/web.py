"""HTML: the main content as pieces. Scripts, styles, menus and hidden parts are left out, nothing is fetched.

Read with the standard library: kreuzberg's page structure loses quotes, definitions and bare text.
"""

import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

from ingestion.reading.grid import Grid
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean
from ingestion.reading.text import decode

VOID = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    )
)
SKIPPED = frozenset(
    """script style template noscript iframe object svg math audio video canvas nav button select textarea
    head""".split()  # noqa: SIM905 - twenty quoted words would hide what stands here
)
FURNITURE = frozenset({"header", "footer", "aside"})
BLOCKS = frozenset(
    """address article aside blockquote body center details dialog div fieldset figcaption figure footer form
    header hgroup html legend main p pre section summary dl dt dd ul ol li table caption thead tbody tfoot
    tr td th""".split()  # noqa: SIM905
)
CLOSED_BY = {
    "li": frozenset({"li"}),
    "p": frozenset({"p"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "tr": frozenset({"tr", "td", "th"}),
    "td": frozenset({"td", "th"}),
    "th": frozenset({"td", "th"}),
    "option": frozenset({"option"}),
}
LONGEST_SPAN = 7
heading = re.compile(r"h([1-6])$")
charset = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.I)


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    return read_text(decoded(data))


def decoded(data: bytes) -> str:
    """The page's characters, as it declares them."""
    declared = charset.search(data[:4096])
    return decode(data, declared.group(1).decode("ascii") if declared else "")


def read_text(text: str) -> Reading:
    page = Page()
    page.feed(text)
    page.close()
    return Reading(page.content(), clean(page.title))


@dataclass
class Cell:
    """A cell of the table that is being read, and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


class Page(HTMLParser):
    """Collects pieces while the parser walks; `inside` counts the open elements of interest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.open: list[tuple[str, bool]] = []  # element, whether it is left out
        self.depth_of: Counter[str] = Counter()
        self.parts: list[str] = []
        self.found: list[tuple[Piece, bool]] = []  # piece, whether inside the main element
        self.rows: list[list[Cell]] = []
        self.items: list[str] = []
        self.lists: list[str] = []  # the lists that are open, and how far each has counted
        self.counts: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._close_implied(tag)
        if tag == "br":
            self.parts.append("\n")
        if tag in VOID:
            return
        if tag in BLOCKS or heading.match(tag):
            self._flush()
        if tag == "table" and not self._is_in("table"):
            self.rows = []
        if tag == "tr" and self._is_in("table"):
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            given = dict(attrs)
            self.rows[-1].append(Cell("", _span(given.get("colspan")), _span(given.get("rowspan"))))
        if tag == "li":
            self.items.append(self._mark())
        if tag in ("ul", "ol"):
            start = dict(attrs).get("start") or "1"
            self.counts.append(int(start) - 1 if start.isdigit() and len(start) < LONGEST_SPAN else 0)
            self.lists.append(tag)
        self.open.append((tag, self._is_left_out(tag, dict(attrs))))
        self.depth_of[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n in range(len(self.open) - 1, -1, -1) if self.open[n][0] == tag), None)
        if depth is None:
            return
        if any(name in BLOCKS or heading.match(name) for name, _ in self.open[depth:]):
            self._flush()
        self.depth_of.subtract(name for name, _ in self.open[depth:])
        closed = sum(name in ("ul", "ol") for name, _ in self.open[depth:])
        del self.lists[len(self.lists) - closed :], self.counts[len(self.counts) - closed :]
        del self.open[depth:]
        if tag in ("ul", "ol") and not self._is_in("ul", "ol"):
            self._end_list()
        if tag == "table" and not self._is_in("table"):
            self._end_table()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "title" and not self.title:
            self.title = data
        elif not any(left_out for _, left_out in self.open[-1:]):
            self.parts.append(data)

    def close(self) -> None:
        super().close()
        self._flush()
        self._end_list()
        self._end_table()

    def content(self) -> list[Piece]:
        """What stands in <main> or <article> where that is most of the page, else everything."""
        everything = [piece for piece, _ in self.found]
        main = [piece for piece, is_main in self.found if is_main]
        return main if _size(main) >= max(200, _size(everything) // 4) else everything

    def _mark(self) -> str:
        """A bullet, or the number that a page shows before the item."""
        if not self.lists:
            return "-"
        self.counts[-1] += 1
        mark = f"{self.counts[-1]}." if self.lists[-1] == "ol" else "-"
        return "  " * (min(len(self.lists), 7) - 1) + mark

    def _is_in(self, *tags: str) -> bool:
        return any(self.depth_of[tag] for tag in tags)

    def _is_left_out(self, tag: str, attrs: dict[str, str | None]) -> bool:
        if (self.open and self.open[-1][1]) or tag in SKIPPED or "hidden" in attrs:
            return True
        if attrs.get("aria-hidden") == "true" or attrs.get("role") == "navigation":
            return True
        if "display:none" in (attrs.get("style") or "").replace(" ", "").lower():
            return True
        return tag in FURNITURE and not self._is_in("main", "article")

    def _close_implied(self, tag: str) -> None:
        closes = CLOSED_BY.get(tag, frozenset({"p"}) if tag in BLOCKS or heading.match(tag) else frozenset())
        while self.open and self.open[-1][0] in closes:
            self.handle_endtag(self.open[-1][0])

    def _flush(self) -> None:
        raw, self.parts = "".join(self.parts), []
        if any(left_out for _, left_out in self.open[-1:]):
            return
        text = raw.strip("\n") if self._is_in("pre") else clean(raw)
        if not text.strip():
            return
        names = [name for name, _ in self.open]
        level = next((int(match.group(1)) for name in names if (match := heading.match(name))), 0)
        if self._is_in("td", "th") and self.rows and self.rows[-1] and not level:
            self.rows[-1][-1].text = f"{self.rows[-1][-1].text} {clean(raw)}".strip()
        elif self._is_in("li") and self.items and not level:
            self.items[-1] += " " + clean(raw)
        else:
            self._add(Piece(_kind(names, level), text, None, level))

    def _add(self, piece: Piece) -> None:
        self.found.append((piece, self._is_in("main", "article")))

    def _end_list(self) -> None:
        items, self.items = [entry for entry in self.items if " " in entry.strip()], []
        if items:
            self._add(Piece("list", "\n".join(items)))

    def _end_table(self) -> None:
        """A table of one column is layout, not data."""
        rows, self.rows = self.rows, []
        if max((len(row) for row in rows), default=0) > 1:
            self._add(Piece("table", _grid(rows).markdown()))
        else:
            for row in rows:
                for text in (cell.text for cell in row if cell.text):
                    self._add(Piece("text", text))


def _grid(rows: list[list[Cell]]) -> Grid:
    grid = Grid()
    for row in filter(None, rows):
        grid.begin_row()
        for cell in row:
            grid.add(cell.text, cell.columns, cell.rows)
    return grid


def _span(value: str | None) -> int:
    found = (value or "").strip()
    return int(found) if found.isdigit() and len(found) < LONGEST_SPAN else 1


def _kind(names: list[str], level: int) -> str:
    if level:
        return "heading"
    return "code" if "pre" in names else "text"


def _size(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)
