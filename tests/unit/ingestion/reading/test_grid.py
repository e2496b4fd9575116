import pytest

from ingestion.reading import grid
from ingestion.reading.grid import Grid
from services.errors import DocumentOverLimit


def laid(*rows: list[tuple[str, int, int]]) -> list[list[str]]:
    made = Grid()
    for row in rows:
        made.begin_row()
        for text, columns, high in row:
            made.add(text, columns, high)
    return made.rows


def test_cells_stand_under_their_columns() -> None:
    assert laid([("a", 1, 2), ("b", 2, 1)], [("c", 1, 1), ("d", 1, 1)]) == [["a", "b", "b"], ["a", "c", "d"]]


def test_cell_from_above_fills_the_middle() -> None:
    assert laid([("a", 1, 1), ("b", 1, 3), ("c", 1, 1)], [("d", 1, 1), ("e", 1, 1)], [("f", 1, 1)]) == [
        ["a", "b", "c"],
        ["d", "b", "e"],
        ["f", "b"],
    ]


def test_title_over_the_whole_table_is_written_once() -> None:
    made = Grid()
    for row in ([("Plan", 3)], [("a", 1), ("b", 1), ("c", 1)]):
        made.begin_row()
        for text, columns in row:
            made.add(text, columns)
    assert made.markdown() == "| Plan |  |  |\n| --- | --- | --- |\n| a | b | c |"


def test_spans_are_bounded() -> None:
    assert len(laid([("a", 10**9, 10**9)])[0]) == grid.MOST_COLUMNS
    with pytest.raises(DocumentOverLimit):
        laid(*([[("a", 1000, 65_000)]] * 600))
