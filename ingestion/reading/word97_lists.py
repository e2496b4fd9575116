"""Legacy Word's lists: which numbers each depth of each list shows."""

import struct
from dataclasses import dataclass

from ingestion.reading.numbering import BULLET, LEVELS, Level

FC_LISTS, FC_OVERRIDES = 73, 74
LIST_BYTES, OVERRIDE_BYTES, LEVEL_BYTES = 28, 16, 28
FORMS = {
    0: "decimal",
    1: "upperRoman",
    2: "lowerRoman",
    3: "upperLetter",
    4: "lowerLetter",
    22: "decimalZero",
    23: BULLET,
    255: "none",
}


@dataclass(frozen=True, slots=True)
class ListFormat:
    key: str
    levels: dict[int, Level]


class Lists:
    """Lists by the number that paragraphs know them by, counted from one."""

    def __init__(self, main: bytes, table: bytes) -> None:
        place, size = struct.unpack_from("<II", main, 0x9A + FC_LISTS * 8)
        formats = _formats(table, place) if size else {}
        self._lists = _overrides(main, table, formats)

    def of(self, number: int) -> ListFormat | None:
        return self._lists[number - 1] if 0 < number <= len(self._lists) else None


def _overrides(main: bytes, table: bytes, formats: dict[int, ListFormat]) -> list[ListFormat | None]:
    place, size = struct.unpack_from("<II", main, 0x9A + FC_OVERRIDES * 8)
    if size < 4:
        return []
    count = min(struct.unpack_from("<I", table, place)[0], size // OVERRIDE_BYTES)
    return [
        formats.get(struct.unpack_from("<I", table, place + 4 + number * OVERRIDE_BYTES)[0])
        for number in range(count)
    ]


def _formats(table: bytes, place: int) -> dict[int, ListFormat]:
    """The levels of all lists follow the table of lists, which does not count them in its own size."""
    count = struct.unpack_from("<H", table, place)[0]
    at = place + 2 + count * LIST_BYTES
    found: dict[int, ListFormat] = {}
    for number in range(count):
        head = place + 2 + number * LIST_BYTES
        key = struct.unpack_from("<I", table, head)[0]
        levels: dict[int, Level] = {}
        for depth in range(1 if table[head + 26] & 1 else LEVELS):
            levels[depth], at = _level(table, at)
        found[key] = ListFormat(str(key), levels)
    return found


def _level(table: bytes, at: int) -> tuple[Level, int]:
    start, form = struct.unpack_from("<iB", table, at)
    letters, paragraph = table[at + 24], table[at + 25]
    at += LEVEL_BYTES + letters + paragraph
    length = struct.unpack_from("<H", table, at)[0]
    text = table[at + 2 : at + 2 + length * 2].decode("utf-16-le", "replace")
    shown = "".join(f"%{ord(letter) + 1}" if ord(letter) < LEVELS else letter for letter in text)
    return Level(start, FORMS.get(form, "decimal"), shown), at + 2 + length * 2
