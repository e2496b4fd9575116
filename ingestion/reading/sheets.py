"""A sheet's cells to pieces: blank rows part its tables, a line of its own is a caption."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from ingestion.reading.pieces import Piece, clean, table_markdown

Row = Sequence[str]

value = re.compile(r"[-+(]?[\d.,:/% \u00a0€$£-]*\d[\d.,:/% )\u00a0€$£-]*$")


def sheet_pieces(name: str, rows: Sequence[Row]) -> Iterator[Piece]:
    """The sheet's name as heading, then its tables, each with its own header row."""
    found = list(_content(rows))
    if found:
        yield Piece("heading", clean(name) or "Sheet", None, 1)
        yield from found


def _content(rows: Sequence[Row]) -> Iterator[Piece]:
    header: Row = ()
    for part in chain.from_iterable(map(_side_by_side, _parts(rows))):
        captions, table = _captions(part)
        yield from (Piece("text", caption) for caption in captions)
        if not table:
            continue
        if header and not captions and _goes_on(header, table):
            table = [header, *table]
        else:
            header = table[0]
        yield Piece("table", table_markdown(table))


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Runs of rows without a blank one between them."""
    part: list[Row] = []
    for row in [*rows, ()]:
        if any(cell.strip() for cell in row):
            part.append(row)
        elif part:
            yield part
            part = []


def _side_by_side(part: list[Row]) -> Iterator[list[Row]]:
    """A table whose header stands to the right of another one, further down, is a table of its own."""
    width = max(map(len, part))
    starts = [
        next((n for n, row in enumerate(part) if len(row) > c and row[c].strip()), -1) for c in range(width)
    ]
    first = next((c for c in range(1, width) if all(starts[c:])), width)
    below = min((start for start in starts[first:] if start > 0), default=0)
    names = [cell for cell in part[below][first:] if cell.strip()]
    if len(names) > 1 and len(part) > below + 1 and not any(value.match(name.strip()) for name in names):
        yield [row[:first] for row in part]
        yield [row[first:] for row in part[below:]]
    else:
        yield part


def _captions(part: list[Row]) -> tuple[list[str], list[Row]]:
    """Lines of one cell before the table; where no row has more than one, all are lines."""
    part = [row for row in part if _filled(row)]
    wide = next((n for n, row in enumerate(part) if len(_filled(row)) > 1), len(part))
    return [clean(_filled(row)[0]) for row in part[:wide]], part[wide:]


def _goes_on(header: Row, table: Sequence[Row]) -> bool:
    """Whether rows after a gap belong to the table before it: they begin with data, not with names."""
    columns = {n for n, cell in enumerate(header) if cell.strip()}
    first = {n for n, cell in enumerate(table[0]) if cell.strip()}
    return first <= columns and any(value.match(cell.strip()) for cell in table[0])


def _filled(row: Row) -> list[str]:
    return [cell for cell in row if cell.strip()]
