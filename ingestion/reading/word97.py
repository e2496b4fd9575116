"""Legacy Word files: text by its piece table, headings by their styles, lists with their numbers, tables.

After [MS-DOC]; Word 6 and 95, which keep their text in one run, give paragraphs only.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.reading.compound import CompoundFile
from ingestion.reading.grid import is_layout
from ingestion.reading.limits import ParseLimits
from ingestion.reading.numbering import Counters
from ingestion.reading.pieces import Piece, Reading, clean, gathered, table_markdown
from ingestion.reading.word97_lists import Lists
from ingestion.reading.word97_styles import Layout, Styles, layouts
from services.errors import DocumentCorrupt, DocumentEncrypted

WORD_97 = 0xC1
ENCRYPTED, SECOND_TABLE = 0x0100, 0x0200
COMPRESSED = 0x40000000
FC_CLX = 33
CELL, FIELD_BEGIN, FIELD_SEPARATOR, FIELD_END = "\x07", "\x13", "\x14", "\x15"
PARAGRAPH_ENDS = "\r\x07\x0c"
LONGEST_HEADING = 400
READABLE = str.maketrans(
    {"\x0b": " ", "\x1e": "-", "\x1f": None, "\x01": None, "\x08": None, "\x02": None, "\xad": None}
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Its text without field codes, the mark it ends with, and how it is laid out."""

    text: str
    mark: str
    layout: Layout


def read(file: CompoundFile, limits: ParseLimits) -> Reading:  # noqa: ARG001
    main = file.stream("WordDocument")
    if len(main) < 68:
        raise DocumentCorrupt
    version, flags = struct.unpack_from("<H", main, 2)[0], struct.unpack_from("<H", main, 10)[0]
    if flags & ENCRYPTED:
        raise DocumentEncrypted
    if version < WORD_97:
        return Reading(_old_text(main))
    table = file.stream("1Table" if flags & SECOND_TABLE else "0Table")
    try:
        pieces = gathered(_pieces(_paragraphs(main, table), Lists(main, table)))
    except (struct.error, IndexError) as error:
        raise DocumentCorrupt from error
    return Reading(pieces, next((p.text for p in pieces if p.kind == "heading"), ""))


def part_of_table(main: bytes, table: bytes, number: int) -> bytes:
    """What the file's header names as structure `number`."""
    at, size = struct.unpack_from("<II", main, 0x9A + number * 8)
    return table[at : at + size]


def _old_text(main: bytes) -> list[Piece]:
    first, last = struct.unpack_from("<II", main, 24)
    text = _without_fields(main[first:last].decode("cp1252", "replace"))
    lines = text.translate(READABLE).replace("\x07", " ").replace("\x0c", "\r").split("\r")
    return [Piece("text", clean(line)) for line in lines if clean(line)]


def _paragraphs(main: bytes, table: bytes) -> Iterator[Paragraph]:
    """The main text, then that of notes and text boxes; headers, footers and comments are left out."""
    styles = Styles(part_of_table(main, table, 1))
    found = layouts(main, part_of_table(main, table, 13), styles)
    text, places = _text(main, part_of_table(main, table, FC_CLX))
    for start, end in _stories(main):
        at = start
        for number in range(start, min(end, len(text))):
            if text[number] in PARAGRAPH_ENDS:
                yield Paragraph(text[at:number], text[number], found.at(places[number]))
                at = number + 1


def _stories(main: bytes) -> Iterator[tuple[int, int]]:
    body, notes, headers, _macros, comments, endnotes, boxes = struct.unpack_from("<7I", main, 0x4C)
    yield 0, body
    yield body, body + notes
    after = body + notes + headers + comments
    yield after, after + endnotes
    yield after + endnotes, after + endnotes + boxes


def _text(main: bytes, clx: bytes) -> tuple[str, list[int]]:
    """All characters and, for each, where in the file it lies."""
    at = 0
    while clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    size = struct.unpack_from("<I", clx, at + 1)[0]
    count = (size - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", clx, at + 5)
    parts: list[str] = []
    places: list[int] = []
    for number in range(count):
        place = struct.unpack_from("<I", clx, at + 5 + (count + 1) * 4 + number * 8 + 2)[0]
        length, width = bounds[number + 1] - bounds[number], 2
        if place & COMPRESSED:
            place, width = (place & ~COMPRESSED) // 2, 1
        raw = main[place : place + length * width]
        part = raw.decode("utf-16-le", "replace") if width == 2 else raw.decode("cp1252", "replace")
        # A pair of surrogates is two characters in the file's own counting.
        units = (
            part
            if len(part) * width == len(raw)
            else "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw)))
        )
        parts.append(units)
        places += range(place, place + len(units) * width, width)
    return "".join(parts), places


def _pieces(paragraphs: Iterator[Paragraph], lists: Lists) -> Iterator[Piece]:
    counters = Counters()
    rows: list[list[str]] = []
    cells: list[str] = []
    pending: list[Piece] = []
    for paragraph in paragraphs:
        inside = paragraph.layout.is_in_table
        if rows and not inside:
            yield from _table(rows, pending)
            rows, pending = [], []
        if paragraph.layout.ends_row:
            rows.append(cells)
            cells = []
            continue
        piece = _piece(paragraph, lists, counters)
        if not inside:
            yield from [piece] if piece else []
            continue
        pending += [piece] if piece else []
        text = _shown(paragraph.text)
        cells = cells or [""]
        cells[-1] = f"{cells[-1]} {text}".strip()
        if paragraph.mark == CELL:
            cells.append("")
    yield from _table(rows, pending)


def _table(rows: list[list[str]], pieces: list[Piece]) -> list[Piece]:
    return pieces if is_layout(rows) else [Piece("table", table_markdown(rows))]


def _piece(paragraph: Paragraph, lists: Lists, counters: Counters) -> Piece | None:
    text, layout = _shown(paragraph.text), paragraph.layout
    if not text:
        return None
    found = lists.of(layout.list_number)
    label = counters.label(found.key, layout.depth, found.levels) if found else ""
    if layout.level is not None and len(text) <= LONGEST_HEADING:
        return Piece("heading", text if label in ("", "-") else f"{label} {text}", None, layout.level)
    if found:
        return Piece("list", f"{'  ' * layout.depth}{label or '-'} {text}")
    return Piece("text", text)


def _shown(raw: str) -> str:
    text = _without_fields(raw).translate(READABLE)
    return clean(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _without_fields(raw: str) -> str:
    """Fields by what they show; what computes it is left out."""
    parts: list[str] = []
    hidden: list[bool] = []  # for each open field, whether we are still in its code
    for character in raw:
        if character == FIELD_BEGIN:
            hidden.append(True)
        elif character == FIELD_SEPARATOR and hidden:
            hidden[-1] = False
        elif character == FIELD_END and hidden:
            hidden.pop()
        elif not any(hidden):
            parts.append(character)
    return "".join(parts)
