"""OpenDocument files: texts, sheets and presentations, from their one content part."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from xml.etree import ElementTree

from ingestion.reading import ooxml
from ingestion.reading.archive import open_archive
from ingestion.reading.grid import Grid, is_layout
from ingestion.reading.limits import ParseLimits
from ingestion.reading.numbering import BULLET, Counters, Level
from ingestion.reading.ooxml import Element, attribute, child, children, inside, local
from ingestion.reading.pieces import Piece, Reading, clean, gathered
from ingestion.reading.sheets import sheet_pieces
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit

FORMS = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "": "none",
}
LEFT_OUT = frozenset(
    {
        "tracked-changes",
        "table-of-content",
        "sequence-decls",
        "annotation",
        "annotation-end",
        "forms",
        "variable-decls",
        "user-field-decls",
        "bibliography-mark",
        "ruby-text",
    }
)
SPACES = {"tab": "\t", "line-break": "\n"}
MOST_REPEATED = 1000
CODE_WORDS = ("preformatted", "code", "source")


def read(data: bytes, limits: ParseLimits) -> Reading:
    """A text document, headings and lists numbered as it numbers them."""
    content = _content(data, limits)
    pieces = gathered(content.pieces(child(content.root, "body", "text")))
    return Reading(pieces, content.title or next((p.text for p in pieces if p.kind == "heading"), ""))


def read_sheets(data: bytes, limits: ParseLimits) -> Reading:
    content = _content(data, limits)
    tables = children(child(content.root, "body", "spreadsheet"), "table")
    parts = (sheet_pieces(attribute(table, "name") or "", content.rows(table, limits)) for table in tables)
    return Reading(list(chain.from_iterable(parts)), content.title)


def read_slides(data: bytes, limits: ParseLimits) -> Reading:
    content = _content(data, limits)
    pages = list(children(child(content.root, "body", "presentation"), "page"))
    if len(pages) > limits.pages:
        raise DocumentOverLimit(f"The file has more than {limits.pages:,} slides; split it.")
    pieces = list(
        chain.from_iterable(content.slide(page, number) for number, page in enumerate(pages, start=1))
    )
    title = next((piece.text for piece in pieces if piece.kind == "heading"), "")
    return Reading(pieces, content.title or title, len(pages))


def _content(data: bytes, limits: ParseLimits) -> "Content":
    if not data.startswith(b"PK"):
        return Content(_flat(data), {}, "")
    with open_archive(data, limits) as archive:
        manifest = ooxml.read_part(archive, "META-INF/manifest.xml")
        if manifest is not None and next(inside(manifest, "encryption-data"), None) is not None:
            raise DocumentEncrypted
        try:
            root = ooxml.read_xml(archive, "content.xml")
        except (KeyError, ElementTree.ParseError) as error:
            raise DocumentCorrupt from error
        return Content(root, _styles(archive, root), _title(archive))


def _flat(data: bytes) -> Element:
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - as in ooxml.read_xml
    except ElementTree.ParseError as error:
        raise DocumentCorrupt from error


def _title(archive: zipfile.ZipFile) -> str:
    found = child(ooxml.read_part(archive, "meta.xml"), "meta", "title")
    return clean(found.text or "") if found is not None else ""


def _styles(archive: zipfile.ZipFile, content: Element) -> dict[str, Element]:
    """List styles and paragraph styles by name, from both parts that hold some."""
    roots = [root for root in (ooxml.read_part(archive, "styles.xml"), content) if root is not None]
    kinds = ("style", "list-style", "outline-style")
    return {
        f"{local(style.tag)} {attribute(style, 'name') or ''}".strip(): style
        for root in roots
        for group in root
        if local(group.tag) in ("styles", "automatic-styles")
        for style in group
        if local(style.tag) in kinds
    }


@dataclass
class Text:
    """A paragraph's text as it is gathered, and what is anchored in it."""

    parts: list[str] = field(default_factory=list)
    frames: list[Element] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)


class Content:
    """One pass over a document's body; lists count as it goes."""

    def __init__(self, root: Element, styles: dict[str, Element], title: str) -> None:
        self.root, self.title = root, title
        self._styles = styles
        self._counters = Counters()
        self._lists = 0

    def pieces(self, parent: Iterable[Element] | None) -> Iterator[Piece]:
        for node in () if parent is None else parent:
            name = local(node.tag)
            if name == "p":
                yield from self._paragraph(node)
            elif name == "h":
                yield from self._heading(node)
            elif name == "list":
                self._lists += 1
                yield from self._list(node, 0, attribute(node, "style-name") or "", f"list {self._lists}")
            elif name == "table":
                yield from self._table(node)
            elif name not in LEFT_OUT:
                yield from self.pieces(node)

    def rows(self, table: Element, limits: ParseLimits) -> list[list[str]]:
        """A sheet's cells; repeated blank rows and columns count once."""
        rows: list[list[str]] = []
        cells = 0
        for row in _rows(table):
            found: list[str] = []
            for cell in row:
                text = self._cell(cell)
                count = _count(cell, "number-columns-repeated")
                found += [text] * (min(count, MOST_REPEATED) if text else min(count, 64))
            filled = len(found) if any(found) else 0
            copies = min(_count(row, "number-rows-repeated"), MOST_REPEATED) if filled else 1
            cells += filled * copies
            if cells > limits.cells:
                raise DocumentOverLimit(f"A sheet has more than {limits.cells:,} cells; split it.")
            rows += [found] * copies
        return rows

    def slide(self, page: Element, number: int) -> Iterator[Piece]:
        titles = [node for node in page if attribute(node, "class") == "title"]
        heading = " ".join(piece.text for frame in titles for piece in self.pieces(frame))
        rest = [node for node in page if node not in titles and local(node.tag) != "notes"]
        found = gathered(piece for node in rest for piece in self.pieces([node]))
        if heading or found:
            yield Piece("heading", clean(heading) or f"Slide {number}", number, 1)
        notes = list(self.pieces(child(page, "notes")))
        yield from (Piece(piece.kind, piece.text, number, piece.level) for piece in [*found, *notes])

    def _paragraph(self, node: Element) -> Iterator[Piece]:
        text, frames = self._text(node)
        raw = "".join(text.parts)
        if clean(raw):
            name = self._name_of(node)
            if name == "title":
                yield Piece("heading", clean(raw), None, 0)
            elif any(word in name for word in CODE_WORDS):
                yield Piece("code", raw.strip("\n"))
            else:
                yield Piece("text", clean(raw))
        yield from self._anchored(text, frames)

    def _heading(self, node: Element) -> Iterator[Piece]:
        level = _count(node, "outline-level")
        text, frames = self._text(node)
        shown = clean("".join(text.parts))
        levels = self._levels("outline-style Outline") or self._levels("outline-style")
        label = self._counters.label("headings", level - 1, levels) if level - 1 in levels else ""
        if shown:
            yield Piece("heading", f"{label} {shown}".strip(), None, level)
        yield from self._anchored(text, frames)

    def _anchored(self, text: Text, frames: list[Element]) -> Iterator[Piece]:
        for frame in frames:
            yield from self.pieces(frame)
        for note in text.notes:
            found = clean(" ".join(piece.text for piece in self.pieces(child(note, "note-body"))))
            if found:
                yield Piece("text", found)

    def _list(self, node: Element, depth: int, style: str, key: str) -> Iterator[Piece]:
        levels = self._levels(f"list-style {style}")
        for item in node:
            if local(item.tag) not in ("list-item", "list-header"):
                continue
            label = self._counters.label(key, depth, levels) if local(item.tag) == "list-item" else ""
            for part in item:
                if local(part.tag) == "list":
                    yield from self._list(
                        part, min(depth + 1, 8), attribute(part, "style-name") or style, key
                    )
                    continue
                for piece in self.pieces([part]):
                    if piece.kind == "text":
                        mark = label or "-" if not levels else label
                        yield Piece("list", f"{'  ' * depth}{mark} {piece.text}".rstrip())
                        label = " " * len(label)
                    else:
                        yield piece

    def _levels(self, key: str) -> dict[int, Level]:
        found: dict[int, Level] = {}
        for node in self._styles.get(key, ()):
            depth = _count(node, "level") - 1
            if local(node.tag) == "list-level-style-bullet":
                found[depth] = Level(form=BULLET)
            elif local(node.tag) in ("list-level-style-number", "outline-level-style"):
                form = FORMS.get(attribute(node, "num-format") or "", "decimal")
                if form == "none":
                    continue
                shown = range(max(0, depth + 1 - _count(node, "display-levels")), depth + 1)
                numbers = ".".join(f"%{above + 1}" for above in shown)
                lead, tail = attribute(node, "num-prefix") or "", attribute(node, "num-suffix") or ""
                found[depth] = Level(_count(node, "start-value"), form, f"{lead}{numbers}{tail}")
        return found

    def _name_of(self, node: Element) -> str:
        """The paragraph's style, or the named style that an unnamed one is based on."""
        name = attribute(node, "style-name") or ""
        style = self._styles.get(f"style {name}")
        parent = attribute(style, "parent-style-name") if style is not None else None
        return (
            (parent if parent and name[:1] == "P" and name[1:].isdigit() else name)
            .lower()
            .replace("_20_", " ")
        )

    def _text(self, node: Element) -> tuple[Text, list[Element]]:
        text = Text()
        self._gather(node, text)
        return text, text.frames

    def _gather(self, node: Element, text: Text) -> None:
        text.parts.append(node.text or "")
        for found in node:
            name = local(found.tag)
            if name == "s":
                text.parts.append(" " * min(_count(found, "c"), 100))
            elif name in SPACES:
                text.parts.append(SPACES[name])
            elif name == "note":
                text.notes.append(found)
            elif name in ("frame", "custom-shape", "text-box", "g"):
                text.frames.append(found)
            elif name not in LEFT_OUT:
                self._gather(found, text)
            text.parts.append(found.tail or "")

    def _table(self, table: Element) -> Iterator[Piece]:
        grid = Grid()
        cells: list[Element] = []
        for row in _rows(table):
            grid.begin_row()
            for cell in children(row, "table-cell"):
                cells.append(cell)
                wide = max(_count(cell, "number-columns-spanned"), _count(cell, "number-columns-repeated"))
                grid.add(self._cell(cell), wide, _count(cell, "number-rows-spanned"))
        if is_layout(grid.rows):
            for cell in cells:
                yield from self.pieces(cell)
        else:
            yield Piece("table", grid.markdown())

    def _cell(self, cell: Element) -> str:
        return clean(" ".join(piece.text for piece in self.pieces(cell)))


def _rows(table: Element) -> Iterator[Element]:
    for node in table:
        name = local(node.tag)
        if name == "table-row":
            yield node
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(node)


def _count(node: Element, name: str) -> int:
    value = attribute(node, name) or "1"
    return int(value) if value.isdigit() else 1
