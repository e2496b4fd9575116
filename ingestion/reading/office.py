"""Excel files, by way of kreuzberg's Markdown; they are archives, so they are weighed first."""

import re
import zipfile

from ingestion.reading import markdown
from ingestion.reading.archive import open_archive
from ingestion.reading.extraction import extract
from ingestion.reading.limits import MIB, ParseLimits
from ingestion.reading.pieces import Piece, Reading
from services.errors import DocumentCorrupt, DocumentOverLimit
from services.media_types import XLSX

sheet_part = re.compile(r"xl/worksheets/[^/]+\.xml$")
dimension = re.compile(rb"<(?:\w+:)?dimension\s[^>]*ref=\"(?:([A-Z]+)(\d+):)?([A-Z]+)(\d+)\"")


def read_xlsx(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        _require(archive, "xl/workbook.xml")
        for name in filter(sheet_part.match, archive.namelist()):
            _weigh_sheet(archive, name, limits)
    result = extract(data, XLSX)
    pieces = list(markdown.to_pieces(result.content))
    return Reading([Piece(p.kind, p.text, None, 1 if p.kind == "heading" else 0) for p in pieces])


def _require(archive: zipfile.ZipFile, part: str) -> None:
    if part not in archive.namelist():
        raise DocumentCorrupt


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
