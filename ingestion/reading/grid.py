"""Tables whose cells reach over rows and columns, laid out so that every cell stands under its column."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.reading.pieces import table_markdown
from services.errors import DocumentOverLimit

MOST_COLUMNS = 1000
MOST_CELLS = 500_000
MOST_ROWS_SPANNED = 1000


@dataclass
class Grid:
    """Cells added row by row. A cell that reaches over others is repeated in each, for each row must make
    sense alone; one that fills a whole row is written once."""

    rows: list[list[str]] = field(default_factory=list)
    _open: dict[int, tuple[int, str]] = field(default_factory=dict)  # column → rows still to come, text
    _cells: int = 0

    def begin_row(self) -> None:
        self.rows.append([])
        self._fill()

    def add(self, text: str, columns: int = 1, rows: int = 1) -> None:
        if not self.rows:
            self.begin_row()
        row = self.rows[-1]
        wide = max(1, min(columns, MOST_COLUMNS - len(row)))
        for _ in range(wide):
            if rows > 1:
                self._open[len(row)] = (min(rows, MOST_ROWS_SPANNED) - 1, text)
            row.append(text)
        self._cells += wide
        self._fill()

    def _fill(self) -> None:
        """Cells from above that reach into this row at the place it has come to."""
        row = self.rows[-1]
        while (found := self._open.get(len(row))) and len(row) < MOST_COLUMNS:
            left, text = found
            if left > 1:
                self._open[len(row)] = (left - 1, text)
            else:
                del self._open[len(row)]
            row.append(text)
            self._cells += 1
        if self._cells > MOST_CELLS:
            raise DocumentOverLimit("A table has more cells than can be read; split it into smaller ones.")

    @property
    def width(self) -> int:
        return max((len(row) for row in self.rows), default=0)

    def markdown(self) -> str:
        return table_markdown([row[:1] if len(set(row)) == 1 else row for row in self.rows])


def is_layout(rows: Sequence[Sequence[str]]) -> bool:
    """A table of one column, or of one cell, only places text on the page."""
    return max((sum(bool(cell.strip()) for cell in row) for row in rows), default=0) < 2
