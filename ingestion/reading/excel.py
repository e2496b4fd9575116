"""Excel files, by way of kreuzberg's cells; archives are weighed before they are unpacked."""

import re
import struct
import zipfile
from itertools import chain

from ingestion.reading.archive import open_archive
from ingestion.reading.compound import CompoundFile
from ingestion.reading.extraction import extract
from ingestion.reading.limits import MIB, ParseLimits
from ingestion.reading.ooxml import main_part
from ingestion.reading.pieces import Reading
from ingestion.reading.sheets import sheet_pieces
from services.errors import DocumentEncrypted, DocumentOverLimit
from services.media_types import XLS, XLSX

FILE_PASSWORD, HEAD_RECORDS = 0x002F, 40

sheet_part = re.compile(r"xl/worksheets/[^/]+\.xml$")
dimension = re.compile(rb"<(?:\w+:)?dimension\s[^>]*ref=\"(?:([A-Z]+)(\d+):)?([A-Z]+)(\d+)\"")


def read_xlsx(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        main_part(archive, "xl/workbook.xml")
        for name in filter(sheet_part.match, archive.namelist()):
            _weigh_sheet(archive, name, limits)
    return _sheets(data, XLSX)


def read_xls(file: CompoundFile, limits: ParseLimits) -> Reading:  # noqa: ARG001
    if _wants_password(file.stream("Workbook") or file.stream("Book")):
        raise DocumentEncrypted
    return _sheets(file.data, XLS)


def _sheets(data: bytes, media_type: str) -> Reading:
    found = extract(data, media_type)
    names = [str(name) for name in found.metadata.get("sheet_names") or []]
    tables = found.tables or []
    parts = (
        sheet_pieces(names[table.page_number - 1] if 0 < table.page_number <= len(names) else "", table.cells)
        for table in tables
    )
    return Reading(list(chain.from_iterable(parts)))


def _wants_password(book: bytes) -> bool:
    """One of the first records of a protected workbook says so."""
    at = 0
    for _ in range(HEAD_RECORDS):
        if at + 4 > len(book):
            return False
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == FILE_PASSWORD:
            return True
        at += 4 + size
    return False


def _weigh_sheet(archive: zipfile.ZipFile, name: str, limits: ParseLimits) -> None:
    """A used range of a million empty rows is a mistake its author can mend; reading them all is not free."""
    with archive.open(name) as part:
        found = dimension.search(part.read(MIB // 16))
    if found is None:
        return
    left, top, right, bottom = found.groups()
    width = _column(right) - (_column(left) if left else _column(right)) + 1
    height = int(bottom) - int(top or bottom) + 1
    if width * height > limits.cells:
        spans = f"{height:,} rows and {width:,} columns"
        raise DocumentOverLimit(f"A sheet's used range spans {spans}; delete the empty ones and save.")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
