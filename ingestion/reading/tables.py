"""Comma-separated values (or semicolons, tabs, bars) as one table."""

import csv
import io

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, table_markdown
from ingestion.reading.text import decode
from services.errors import DocumentOverLimit

DELIMITERS = ",;\t|"


def read(data: bytes, limits: ParseLimits) -> Reading:
    text = decode(data).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    csv.field_size_limit(1024 * 1024)
    rows: list[list[str]] = []
    cells = 0
    for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)):
        cells += len(row)
        if cells > limits.cells:
            raise DocumentOverLimit(
                f"The table has more than {limits.cells:,} cells; split it into smaller files."
            )
        rows.append(row)
    table = table_markdown(_widened(rows))
    return Reading([Piece("table", table)] if table else [])


def _delimiter(text: str) -> str:
    """The delimiter that parts the first lines into the most even columns."""
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]
    return max(
        DELIMITERS,
        key=lambda mark: (min((line.count(mark) for line in lines), default=0), _total(lines, mark)),
    )


def _total(lines: list[str], mark: str) -> int:
    return sum(line.count(mark) for line in lines)


def _widened(rows: list[list[str]]) -> list[list[str]]:
    """A header shorter than its rows gets empty names, so that no column is lost."""
    width = max((len(row) for row in rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]
