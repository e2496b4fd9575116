"""Legacy Word's paragraph properties: styles, and the runs of paragraphs that differ from them."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

PAGE = 512
PARAGRAPH_STYLE = 1
TITLE, NO_OUTLINE, NO_BASE = 62, 9, 0xFFF
DEEPEST = 20
IN_TABLE, ROW_END, INNER_ROW_END, OUTLINE = 0x2416, 0x2417, 0x244C, 0x2640
LIST, LIST_DEPTH, STYLE = 0x460B, 0x260A, 0x4600
TABLE_DEFINITION, TABS = 0xD608, 0xC615
OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a paragraph is laid out; `level` as in Piece, `list_number` 0 where it is in no list."""

    level: int | None = None
    list_number: int = 0
    depth: int = 0
    is_in_table: bool = False
    ends_row: bool = False


class Styles:
    """Paragraph styles by number, each with what it takes from its base."""

    def __init__(self, sheet: bytes) -> None:
        self._raw = list(_entries(sheet))
        self._base_bytes = struct.unpack_from("<H", sheet, 4)[0] if len(sheet) > 6 else 0
        self._made: dict[int, Layout] = {}

    def layout(self, number: int, depth: int = 0) -> Layout:
        if number not in self._made:
            raw = self._raw[number] if number < len(self._raw) and depth < DEEPEST else b""
            self._made[number] = self._style(raw, depth) if len(raw) >= self._base_bytes > 0 else Layout()
        return self._made[number]

    def _style(self, raw: bytes, depth: int) -> Layout:
        kind, second = struct.unpack_from("<HH", raw, 0)
        name, base = kind & 0xFFF, second >> 4
        if second & 0xF != PARAGRAPH_STYLE:
            return Layout()
        layout = self.layout(base, depth + 1) if base != NO_BASE else Layout()
        length = struct.unpack_from("<H", raw, self._base_bytes)[0]
        at = self._base_bytes + 2 + (length + 1) * 2
        if at + 4 <= len(raw):
            size = struct.unpack_from("<H", raw, at)[0]
            layout = changed(layout, raw[at + 4 : at + 2 + size])
        if 1 <= name <= NO_OUTLINE:
            return replace(layout, level=name)
        return replace(layout, level=0) if name == TITLE else layout


def _entries(sheet: bytes) -> Iterator[bytes]:
    at = 2 + struct.unpack_from("<H", sheet, 0)[0] if len(sheet) > 2 else len(sheet)
    while at + 2 <= len(sheet):
        size = struct.unpack_from("<H", sheet, at)[0]
        yield sheet[at + 2 : at + 2 + size]
        at += 2 + size + (size & 1)


def changed(layout: Layout, modifiers: bytes) -> Layout:
    """The layout after these single property modifiers."""
    at = 0
    while at + 2 < len(modifiers):
        code = struct.unpack_from("<H", modifiers, at)[0]
        operand = modifiers[at + 2 : at + 2 + _operand_bytes(code, modifiers, at + 2)]
        at += 2 + len(operand)
        if not operand:
            break
        layout = _applied(layout, code, int.from_bytes(operand[:2], "little"), operand[0])
    return layout


def _operand_bytes(code: int, modifiers: bytes, at: int) -> int:
    size = OPERAND_BYTES.get(code >> 13)
    if size is not None:
        return size
    if code == TABLE_DEFINITION:
        return struct.unpack_from("<H", modifiers, at)[0] + 1 if at + 2 <= len(modifiers) else 0
    return modifiers[at] + 1 if at < len(modifiers) else 0


def _applied(layout: Layout, code: int, word: int, byte: int) -> Layout:
    if code == IN_TABLE:
        return replace(layout, is_in_table=bool(byte))
    if code in (ROW_END, INNER_ROW_END):
        return replace(layout, ends_row=bool(byte) and code == ROW_END)
    if code == OUTLINE:
        return replace(layout, level=byte + 1 if byte < NO_OUTLINE else None)
    if code == LIST:
        return replace(layout, list_number=word if word < 0xF800 else 0)
    return replace(layout, depth=min(byte, 8)) if code == LIST_DEPTH else layout


@dataclass(frozen=True, slots=True)
class Layouts:
    """Layouts by where in the file a paragraph's last character lies."""

    starts: list[int]
    found: list[Layout]

    def at(self, place: int) -> Layout:
        number = bisect_right(self.starts, place) - 1
        return self.found[number] if number >= 0 else Layout()


def layouts(main: bytes, bins: bytes, styles: Styles) -> Layouts:
    count = max(0, (len(bins) - 4) // 8)
    runs: dict[int, Layout] = {}
    for number in range(count):
        page = struct.unpack_from("<I", bins, (count + 1) * 4 + number * 4)[0] & 0x3FFFFF
        runs |= dict(_page_runs(main[page * PAGE : (page + 1) * PAGE], styles))
    starts = sorted(runs)
    return Layouts(starts, [runs[start] for start in starts])


def _page_runs(page: bytes, styles: Styles) -> Iterator[tuple[int, Layout]]:
    if len(page) < PAGE:
        return
    count = page[PAGE - 1]
    for number in range(count):
        start = struct.unpack_from("<I", page, number * 4)[0]
        at = page[(count + 1) * 4 + number * 13] * 2
        if not at:
            yield start, styles.layout(0)
            continue
        size, at = (page[at] * 2 - 1, at + 1) if page[at] else (page[at + 1] * 2, at + 2)
        style = struct.unpack_from("<H", page, at)[0]
        yield start, changed(styles.layout(style), page[at + 2 : at + size])
