"""Tables without rules: lines whose words stand in the same columns, one row after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingestion.reading.page_layout import Cell, Line
from ingestion.reading.pieces import table_markdown

LEAST_ROWS, LEAST_COLUMNS = 2, 3  # two rows of two columns are as likely a form
CONTINUES = 1.5  # of the letters' size: how far below a cell's next line may stand
FAR = 4.5  # of the letters' size, from one line of a table to the next
LAST_COLUMN_GROWS = 6
ALIKE = 0.12

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Table:
    """`count` lines of a page from line `at`, as Markdown."""

    at: int
    count: int
    text: str


def find_tables(lines: Sequence[Line]) -> Iterator[Table]:
    at = 0
    while at < len(lines):
        table = _table_at(lines, at) if len(lines[at].cells) > 1 else None
        if table:
            yield table
        at += table.count if table else 1


def _table_at(lines: Sequence[Line], at: int) -> Table | None:
    """The longest run of lines from `at` that share columns; a cell's later lines may stand alone."""
    columns: list[Span] = []
    end = at
    for number in range(at, len(lines)):
        line = lines[number]
        if number > at and not _is_near(lines[number - 1], line):
            break
        if len(line.cells) > 1:
            wider = _with_cells(columns, line.cells)
            if not wider:
                break
            columns, end = wider, number + 1
        elif not _within(line, columns):
            break
        elif line.x0 >= columns[1][0] - line.size:
            end = number + 1
    return _table(lines[at:end], columns, at)


def _table(lines: Sequence[Line], columns: Sequence[Span], at: int) -> Table | None:
    rows = _rows(lines, columns)
    wide = sum(len(line.cells) > 1 for line in lines)
    if wide < 2 or len(rows) < LEAST_ROWS or (len(rows) == LEAST_ROWS and len(columns) < LEAST_COLUMNS):
        return None
    return Table(at, len(lines), table_markdown(rows))


def _is_near(above: Line, below: Line) -> bool:
    return abs(above.y - below.y) <= FAR * below.size and abs(above.size - below.size) < ALIKE * below.size


def _with_cells(columns: Sequence[Span], cells: Sequence[Cell]) -> list[Span]:
    """The columns with `cells` in them; none where a cell would reach over two."""
    wider = _merged([*columns, *((cell.x0, cell.x1) for cell in cells)])
    own = [_column(cell, wider) for cell in cells]
    stay = len(wider) >= max(len(columns), len(cells)) and all(a < b for a, b in pairwise(own))
    return wider if stay else []


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans that touch made one, from left to right."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _column(cell: Cell, columns: Sequence[Span]) -> int:
    return max(range(len(columns)), key=lambda n: min(cell.x1, columns[n][1]) - max(cell.x0, columns[n][0]))


def _within(line: Line, columns: Sequence[Span]) -> bool:
    """Whether a line stands in one column and reaches over no gutter."""
    ends = [*(start for start, _ in columns[1:]), columns[-1][1] + LAST_COLUMN_GROWS * line.size]
    at = max((n for n, (start, _) in enumerate(columns) if start <= line.x0 + 2), default=-1)
    return at >= 0 and line.x1 < ends[at]


def _rows(lines: Sequence[Line], columns: Sequence[Span]) -> list[list[str]]:
    """Cells in the order they are drawn: one further left, or well below the last one, begins a row."""
    rows: list[list[str]] = []
    last, last_y = len(columns), 0.0
    for line in lines:
        for cell in line.cells:
            column = _column(cell, columns)
            goes_on = column >= last and last_y - line.y <= CONTINUES * line.size
            if not goes_on:
                rows.append([""] * len(columns))
            rows[-1][column] = f"{rows[-1][column]} {cell.text}".strip()
            last, last_y = column, line.y
    return rows
