"""Excel's binary workbooks: the same sheets as XLSX in records of bytes, after [MS-XLSB].

Read here because the library that kreuzberg carries ends itself on some of them.
"""

import posixpath
import struct
import zipfile
from collections.abc import Container, Iterator
from itertools import chain

from ingestion.reading.archive import open_archive
from ingestion.reading.limits import ParseLimits
from ingestion.reading.number_formats import DATE_FORMATS, date_text, is_date_format, number_text
from ingestion.reading.ooxml import relations
from ingestion.reading.pieces import Reading
from ingestion.reading.sheets import sheet_pieces
from services.errors import DocumentCorrupt, DocumentOverLimit

WORKBOOK = "xl/workbook.bin"
ROW, BLANK, CELLS = 0, 1, range(2, 12)
INTEGER_CELLS, ERROR_CELLS, BOOLEAN_CELLS = (2,), (3, 11), (4, 10)
REAL_CELLS, TEXT_CELLS, SHARED_CELLS = (5, 9), (6, 8), (7,)
SHARED_TEXT, FORMAT, CELL_FORMAT = 19, 44, 47
CELL_FORMATS_BEGIN, CELL_FORMATS_END = 617, 618
WORKBOOK_PROPERTIES, SHEET = 153, 156
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def read(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        try:
            book = Book(archive, limits)
            return Reading(
                list(chain.from_iterable(sheet_pieces(name, rows) for name, rows in book.sheets()))
            )
        except (struct.error, KeyError, IndexError) as error:
            raise DocumentCorrupt from error


class Book:
    def __init__(self, archive: zipfile.ZipFile, limits: ParseLimits) -> None:
        self._archive, self._limits = archive, limits
        self._strings = [
            _text(body, 1) for kind, body in self._records("xl/sharedStrings.bin") if kind == SHARED_TEXT
        ]
        self._is_date = list(self._date_formats())
        self._since_1904 = False

    def sheets(self) -> Iterator[tuple[str, list[list[str]]]]:
        targets = {key: target for key, (_, target) in relations(self._archive, WORKBOOK).items()}
        for kind, body in self._records(WORKBOOK):
            if kind == WORKBOOK_PROPERTIES:
                self._since_1904 = bool(body[0] & 1)
            if kind == SHEET:
                relation, name = _sheet_names(body, targets)
                part = targets.get(relation, "")
                if posixpath.dirname(part).endswith("worksheets"):
                    yield name, self._rows(part)

    def _records(self, part: str) -> Iterator[tuple[int, bytes]]:
        if part not in self._archive.namelist():
            return
        data = self._archive.read(part)
        at = 0
        while at < len(data):
            kind, at = _varying(data, at, 2)
            size, at = _varying(data, at, 4)
            yield kind, data[at : at + size]
            at += size

    def _date_formats(self) -> Iterator[bool]:
        """For each cell format, whether it shows a date."""
        own: dict[int, bool] = {}
        is_inside = False
        for kind, body in self._records("xl/styles.bin"):
            if kind == FORMAT:
                own[struct.unpack_from("<H", body)[0]] = is_date_format(_text(body, 2))
            is_inside = kind == CELL_FORMATS_BEGIN or (is_inside and kind != CELL_FORMATS_END)
            if kind == CELL_FORMAT and is_inside:
                number = struct.unpack_from("<H", body, 2)[0]
                yield own.get(number, number in DATE_FORMATS)

    def _rows(self, part: str) -> list[list[str]]:
        rows: list[list[str]] = []
        last, cells = -1, 0
        for kind, body in self._records(part):
            if kind == ROW:
                number = struct.unpack_from("<I", body)[0]
                # Of many blank rows one is enough to part two tables.
                rows += [[]] * min(number - last, 2) if number > last else []
                last = number
                rows[-1:] = [[]]
            elif kind in CELLS and rows:
                column = struct.unpack_from("<I", body)[0]
                cells += max(1, column - len(rows[-1]) + 1)
                if cells > self._limits.cells:
                    raise DocumentOverLimit(f"A sheet has more than {self._limits.cells:,} cells; split it.")
                rows[-1] += [""] * (column - len(rows[-1])) + [self._cell(kind, body)]
        return rows

    def _cell(self, kind: int, body: bytes) -> str:
        if kind in SHARED_CELLS:
            number = struct.unpack_from("<I", body, 8)[0]
            return self._strings[number] if number < len(self._strings) else ""
        if kind in TEXT_CELLS:
            return _text(body, 8)
        if kind in BOOLEAN_CELLS:
            return "TRUE" if body[8] else "FALSE"
        if kind in ERROR_CELLS:
            return ERRORS.get(body[8], "#N/A")
        value = (
            _short_number(struct.unpack_from("<I", body, 8)[0])
            if kind in INTEGER_CELLS
            else struct.unpack_from("<d", body, 8)[0]
        )
        style = struct.unpack_from("<I", body, 4)[0] & 0xFFFFFF
        if style < len(self._is_date) and self._is_date[style]:
            return date_text(value, since_1904=self._since_1904)
        return number_text(value)


def _sheet_names(body: bytes, relations: Container[str]) -> tuple[str, str]:
    """The relation that leads to a sheet, and the sheet's name; early files have one number more before."""
    for at in (8, 12):
        relation = _text(body, at)
        if relation in relations:
            return relation, _text(body, at + 4 + len(relation.encode("utf-16-le")))
    return "", ""


def _varying(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next one begins."""
    number = 0
    for place in range(most):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return number, at


def _text(body: bytes, at: int) -> str:
    length = struct.unpack_from("<I", body, at)[0]
    return "" if length == 0xFFFFFFFF else body[at + 4 : at + 4 + length * 2].decode("utf-16-le", "replace")


def _short_number(raw: int) -> float:
    """Thirty bits of a number: an integer, or the upper half of a real one, perhaps a hundredfold."""
    if raw & 2:
        value = float((raw >> 2) - (1 << 30 if raw & 0x80000000 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))[0]
    return value / 100 if raw & 1 else value
