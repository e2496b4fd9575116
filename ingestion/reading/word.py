"""Word files: headings and lists with the numbers Word shows, tables, text boxes, notes.

Read here rather than by kreuzberg, which drops numbers, notes and the text of some links.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from ingestion.reading import ooxml
from ingestion.reading.archive import open_archive
from ingestion.reading.graphics import graphic_pieces
from ingestion.reading.grid import MOST_COLUMNS, Grid, is_layout
from ingestion.reading.limits import ParseLimits
from ingestion.reading.ooxml import Element, attribute, child, children, inside, local
from ingestion.reading.pieces import Piece, Reading, clean, gathered
from ingestion.reading.word_styles import Lists, Styles, list_of, outline_level
from services.errors import DocumentCorrupt

TRANSPARENT = frozenset(
    {"customXml", "smartTag", "ins", "moveTo", "sdtContent", "hyperlink", "fldSimple", "dir", "bdo"}
)
TEXT_OF = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
CONTENTS = "Table of Contents"
LONGEST_HEADING = 400


def read(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        part = ooxml.main_part(archive, "word/document.xml")
        try:
            body = child(ooxml.read_xml(archive, part), "body")
        except ElementTree.ParseError as error:
            raise DocumentCorrupt from error
        document = Document(archive, part)
        pieces = gathered(document.pieces(body))
        title = clean(ooxml.core_title(archive))
    return Reading(pieces, title or next((p.text for p in pieces if p.kind == "heading"), ""))


@dataclass
class Line:
    """A paragraph's text as it is gathered, the text boxes anchored in it and the notes it names."""

    parts: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)
    drawings: list[Element] = field(default_factory=list)


class Document:
    """One pass over the body; lists count as it goes."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        self._archive, self._part = archive, part
        self._styles, self._lists = Styles(archive, part), Lists(archive, part)
        self._notes = {
            (kind, attribute(note, "id") or ""): note
            for kind in ("footnote", "endnote")
            for note in children(ooxml.related(archive, part, f"{kind}s"), kind)
            if attribute(note, "type") in (None, "normal")
        }

    def pieces(self, parent: Element | None) -> Iterator[Piece]:
        for node in () if parent is None else parent:
            name = local(node.tag)
            if name == "p":
                yield from self._paragraph(node)
            elif name == "tbl":
                yield from self._table(node)
            elif name == "sdt" and not _is_contents(node):
                yield from self.pieces(child(node, "sdtContent"))
            elif name in TRANSPARENT:
                yield from self.pieces(node)
            elif name == "AlternateContent":
                yield from self.pieces(_chosen(node))

    def _paragraph(self, node: Element) -> Iterator[Piece]:
        line = Line()
        self._gather(node, line)
        raw = "".join(line.parts)
        properties = child(node, "pPr")
        style_id = attribute(child(properties, "pStyle"), "val") or self._styles.default
        if clean(raw):
            yield self._piece(raw, properties, style_id)
        for box in line.boxes:
            yield from self.pieces(box)
        for drawing in line.drawings:
            yield from graphic_pieces(self._archive, self._part, drawing)
        for note in line.notes:
            text = " ".join(clean(self._text(paragraph)) for paragraph in inside(note, "p"))
            if text.strip():
                yield Piece("text", clean(text))

    def _piece(self, raw: str, properties: Element | None, style_id: str) -> Piece:
        style = self._styles.style(style_id)
        own = outline_level(properties)
        level = own if own is not None else style.level
        text = clean(raw)
        label, depth = self._label(properties, style_id)
        if level is not None and len(text) <= LONGEST_HEADING:
            return Piece("heading", f"{label} {text}" if label and label != "-" else text, None, level)
        if style.is_code:
            return Piece("code", raw.strip("\n"))
        if label is not None:
            return Piece("list", f"{'  ' * min(depth, 8)}{label} {text}".rstrip())
        return Piece("text", text)

    def _label(self, properties: Element | None, style_id: str) -> tuple[str | None, int]:
        style = self._styles.style(style_id)
        list_id, depth = list_of(properties)
        list_id = list_id if list_id is not None else style.list_id
        if list_id is None or list_id == "0":
            return None, 0
        if depth is None:
            depth = style.depth if style.depth is not None else self._lists.depth_of_style(list_id, style_id)
        return self._lists.label(list_id, depth), depth

    def _text(self, paragraph: Element) -> str:
        line = Line()
        self._gather(paragraph, line)
        return "".join(line.parts)

    def _gather(self, parent: Element, line: Line) -> None:
        for node in parent:
            name = local(node.tag)
            if name == "r":
                if not _is_hidden(node):
                    self._run(node, line)
            elif name in TRANSPARENT:
                self._gather(node, line)
            elif name == "sdt":
                content = child(node, "sdtContent")
                if content is not None:
                    self._gather(content, line)
            elif name in ("oMath", "oMathPara"):
                line.parts.append(" " + "".join(found.text or "" for found in inside(node, "t")) + " ")
            elif name == "AlternateContent":
                chosen = _chosen(node)
                if chosen is not None:
                    self._gather(chosen, line)

    def _run(self, run: Element, line: Line) -> None:
        for node in run:
            name = local(node.tag)
            if name == "t":
                line.parts.append(node.text or "")
            elif name in TEXT_OF:
                line.parts.append(TEXT_OF[name])
            elif name in ("footnoteReference", "endnoteReference"):
                note = self._notes.get((name.removesuffix("Reference"), attribute(node, "id") or ""))
                line.notes += [note] if note is not None else []
            elif name in ("drawing", "pict", "object"):
                line.boxes += _boxes(node)
                line.drawings.append(node)
            elif name == "AlternateContent":
                chosen = _chosen(node)
                line.boxes += _boxes(chosen) if chosen is not None else []
                line.drawings += [chosen] if chosen is not None else []

    def _table(self, table: Element) -> Iterator[Piece]:
        grid = Grid()
        cells: list[Element] = []
        above: dict[int, str] = {}
        for row in _rows(table):
            grid.begin_row()
            for _ in range(_skipped(row)):
                grid.add("")
            for cell in _cells(row):
                cells.append(cell)
                properties = child(cell, "tcPr")
                column = len(grid.rows[-1])
                merged = child(properties, "vMerge")
                goes_on = merged is not None and attribute(merged, "val") in (None, "continue")
                text = above.get(column, "") if goes_on else self._cell(cell)
                above[column] = text
                span = attribute(child(properties, "gridSpan"), "val") or "1"
                grid.add(text, int(span) if span.isdigit() else 1)
        if is_layout(grid.rows):
            for cell in cells:
                yield from self.pieces(cell)
        else:
            yield Piece("table", grid.markdown())

    def _cell(self, cell: Element) -> str:
        """Its paragraphs and what is nested in it, as one line."""
        return clean(" ".join(_flat(piece) for piece in self.pieces(cell)))


def _flat(piece: Piece) -> str:
    if piece.kind != "table":
        return piece.text
    return piece.text.replace("| --- ", "").replace("|", " ")


def _rows(table: Element) -> Iterator[Element]:
    for node in table:
        name = local(node.tag)
        if name == "tr" and child(node, "trPr", "del") is None:
            yield node
        elif name in TRANSPARENT or name == "sdt":
            yield from _rows(node)


def _cells(row: Element) -> Iterator[Element]:
    for node in row:
        name = local(node.tag)
        if name == "tc":
            yield node
        elif name in TRANSPARENT or name == "sdt":
            yield from _cells(node)


def _skipped(row: Element) -> int:
    """How many columns lie before a row that starts late."""
    value = attribute(child(row, "trPr", "gridBefore"), "val") or "0"
    return min(int(value), MOST_COLUMNS) if value.isdigit() else 0


def _chosen(alternatives: Element) -> Element | None:
    """Of the ways in which one thing is given, the first."""
    return next((node for node in alternatives if local(node.tag) in ("Choice", "Fallback")), None)


def _boxes(parent: Element) -> list[Element]:
    """Text boxes in drawing order; of two alternatives the first, and none that lies in another one."""
    found: list[Element] = []
    waiting = [parent]
    while waiting:
        node = waiting.pop(0)
        name = local(node.tag)
        if name == "txbxContent":
            found.append(node)
        elif name == "AlternateContent":
            chosen = _chosen(node)
            waiting = ([chosen] if chosen is not None else []) + waiting
        else:
            waiting = list(node) + waiting
    return found


def _is_hidden(run: Element) -> bool:
    hidden = child(run, "rPr", "vanish")
    return hidden is not None and attribute(hidden, "val") not in ("0", "false")


def _is_contents(node: Element) -> bool:
    """Word's own table of contents: every line of it stands in the text again."""
    return attribute(child(node, "sdtPr", "docPartObj", "docPartGallery"), "val") == CONTENTS
