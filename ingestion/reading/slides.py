"""PowerPoint: one page per slide, its title as heading, lists, tables and speaker notes.

Read here rather than by kreuzberg, which gives no slide numbers and drops the notes.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

from ingestion.reading.archive import open_archive
from ingestion.reading.graphics import graphic_pieces
from ingestion.reading.grid import Grid
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean, name_some
from ingestion.reading.slide_places import has_text_without_place
from services.errors import DocumentCorrupt, DocumentOverLimit

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
NOT_CONTENT = frozenset({"ftr", "sldNum", "sldImg", "hdr"})
slide_part = re.compile(r"ppt/slides/slide(\d+)\.xml$")


def read(data: bytes, limits: ParseLimits) -> Reading:
    pieces: list[Piece] = []
    damaged: list[str] = []
    lost: list[str] = []
    with open_archive(data, limits) as archive:
        names = _slides_in_order(archive)
        if len(names) > limits.pages:
            raise DocumentOverLimit(f"The file has more than {limits.pages:,} slides; split it.")
        for number, name in enumerate(names, start=1):
            try:
                slide = _xml(archive, name)
                pieces.extend(_slide(archive, name, slide, number))
                lost += [str(number)] if has_text_without_place(archive, name, slide) else []
            except (ElementTree.ParseError, KeyError, zipfile.BadZipFile, EOFError):
                damaged.append(str(number))
    warnings = [f"Damaged and left out: slides {name_some(damaged)}."] if damaged else []
    if lost:
        said = "the template does not say where some text stands, so it may be out of order"
        warnings.append(f"Damaged: slides {name_some(lost)}: {said}.")
    if damaged and not pieces:
        raise DocumentCorrupt
    title = next((piece.text for piece in pieces if piece.kind == "heading"), "")
    return Reading(pieces, title, len(names), warnings)


def _slides_in_order(archive: zipfile.ZipFile) -> list[str]:
    """In the presentation's own order; where that is damaged, by number."""
    try:
        root = _xml(archive, "ppt/presentation.xml")
        targets = _relations(archive, "ppt/presentation.xml")
        listed = [targets.get(entry.get(f"{R}id", "")) for entry in root.iter(f"{P}sldId")]
    except (ElementTree.ParseError, KeyError):
        listed = []
    present = set(archive.namelist())
    found = [name for name in listed if name in present and name is not None]
    numbered = {name: int(match.group(1)) for name in present if (match := slide_part.match(name))}
    if not found and not numbered:
        raise DocumentCorrupt
    return found or sorted(numbered, key=lambda name: numbered[name])


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    try:
        root = _xml(archive, f"{folder}/_rels/{name}.rels")
    except KeyError:
        return {}
    return {
        entry.get("Id", ""): posixpath.normpath(posixpath.join(folder, entry.get("Target", ""))).lstrip("/")
        for entry in root.iter(RELATION)
        if entry.get("TargetMode") != "External"
    }


def _xml(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    # Expat fetches nothing and bounds what entities may grow to; the child's limits bound the rest.
    return ElementTree.fromstring(archive.read(part))  # noqa: S314


def _slide(archive: zipfile.ZipFile, name: str, slide: ElementTree.Element, number: int) -> Iterator[Piece]:
    titles: list[Piece] = []
    body: list[Piece] = []
    for shape in _shapes(slide):
        placeholder = _placeholder(shape)
        if placeholder in NOT_CONTENT or (placeholder == "dt" and shape.find(f".//{A}fld") is not None):
            continue
        if placeholder in ("title", "ctrTitle"):
            heading = " ".join(text for text, _ in _lines(shape))
            titles += [Piece("heading", heading, number, 1)] if heading else []
        elif shape.tag == f"{P}graphicFrame":
            body.extend(_tables(shape, number))
            body.extend(replace(piece, page=number) for piece in graphic_pieces(archive, name, shape))
        else:
            body.extend(_texts(shape, number, listed=placeholder in ("body", "obj", "", None)))
    if titles or body:
        yield from titles or [Piece("heading", f"Slide {number}", number, 1)]
    yield from body
    yield from _notes(archive, name, number)


def _shapes(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Shapes in drawing order, groups opened; of two alternatives only the first."""
    waiting = list(root.iter(f"{P}spTree"))[:1]
    while waiting:
        node = waiting.pop(0)
        if node.tag in (f"{P}sp", f"{P}graphicFrame"):
            yield node
            continue
        children = list(node)
        if node.tag.endswith("}AlternateContent"):
            children = children[:1]
        waiting = children + waiting


def _placeholder(shape: ElementTree.Element) -> str | None:
    found = shape.find(f".//{P}nvPr/{P}ph")
    return None if found is None else found.get("type", "")


def _lines(shape: ElementTree.Element) -> Iterator[tuple[str, int]]:
    """Each paragraph's text and depth; breaks inside a paragraph are spaces."""
    for paragraph in shape.iter(f"{A}p"):
        parts = [
            node.text or "" if node.tag == f"{A}t" else " "
            for node in paragraph.iter()
            if node.tag in (f"{A}t", f"{A}br")
        ]
        properties = paragraph.find(f"{A}pPr")
        depth = int(properties.get("lvl", "0")) if properties is not None else 0
        if text := clean("".join(parts)):
            yield text, min(depth, 8)


def _texts(shape: ElementTree.Element, number: int, *, listed: bool) -> Iterator[Piece]:
    lines = list(_lines(shape))
    if listed and len(lines) > 1:
        yield Piece("list", "\n".join("  " * depth + f"- {text}" for text, depth in lines), number)
    else:
        yield from (Piece("text", text, number) for text, _ in lines)


def _tables(frame: ElementTree.Element, number: int) -> Iterator[Piece]:
    for table in frame.iter(f"{A}tbl"):
        if text := _grid(table).markdown():
            yield Piece("table", text, number)
    if frame.find(f".//{A}tbl") is None:
        yield from (Piece("text", text, number) for text, _ in _lines(frame))


def _grid(table: ElementTree.Element) -> Grid:
    """A merged cell stands first; those it covers follow it empty."""
    grid = Grid()
    for row in table.iter(f"{A}tr"):
        grid.begin_row()
        for cell in row.iter(f"{A}tc"):
            if cell.get("hMerge") not in ("1", "true") and cell.get("vMerge") not in ("1", "true"):
                grid.add(_cell(cell), _span(cell, "gridSpan"), _span(cell, "rowSpan"))
    return grid


def _span(cell: ElementTree.Element, name: str) -> int:
    value = cell.get(name, "1")
    return int(value) if value.isdigit() else 1


def _cell(cell: ElementTree.Element) -> str:
    return " ".join(text for text, _ in _lines(cell))


def _notes(archive: zipfile.ZipFile, name: str, number: int) -> Iterator[Piece]:
    for target in _relations(archive, name).values():
        if target.startswith("ppt/notesSlides/") and target in archive.namelist():
            for shape in _shapes(_xml(archive, target)):
                if _placeholder(shape) == "body":
                    yield from (Piece("text", text, number) for text, _ in _lines(shape))
