from ingestion.reading.page_layout import Cell, Line
from ingestion.reading.pdf_tables import Table, find_tables


def row(y: float, *cells: tuple[str, float], size: float = 10) -> Line:
    parts = tuple(Cell(text, x0, x0 + 5 * len(text)) for text, x0 in cells)
    text = " ".join(cell.text for cell in parts)
    return Line(text, parts[0].x0, parts[-1].x1, y, size, cells=parts)


def test_lines_that_share_columns_are_a_table() -> None:
    lines = [
        row(700, ("Rates are shown below for every city we go to.", 50)),
        row(680, ("City", 50), ("Limit", 200)),
        row(660, ("London", 50), ("£185", 205)),
        row(640, ("Rotterdam", 50), ("£162", 205)),
        row(600, ("A higher price is refunded only when somebody agreed to it.", 50)),
    ]

    text = "| City | Limit |\n| --- | --- |\n| London | £185 |\n| Rotterdam | £162 |"
    assert list(find_tables(lines)) == [Table(1, 3, text)]


def test_later_lines_of_a_cell_belong_to_it() -> None:
    lines = [
        row(680, ("Step", 50), ("What", 120), ("Who", 300)),
        row(660, ("First", 50), ("Write down what", 120)),
        row(648, ("was seen", 120)),
        row(660, ("Operator", 300)),
        row(620, ("Last", 50), ("Sign", 120), ("Chief", 300)),
    ]

    (table,) = find_tables(lines)

    assert "| First | Write down what was seen | Operator |" in table.text
    assert table.count == len(lines)


def test_lines_without_common_columns_are_no_table() -> None:
    lines = [
        row(680, ("To: everybody here", 50), ("March", 300)),
        row(660, ("A line of words that reaches over the gutter to here", 50), ("end", 400)),
        row(640, ("Short", 50), ("and another that reaches far to the left", 120)),
    ]

    assert list(find_tables(lines)) == []


def test_two_lines_of_two_parts_are_no_table() -> None:
    lines = [row(680, ("Name", 50), ("Date", 300)), row(660, ("Place", 50), ("Signature", 300))]

    assert list(find_tables(lines)) == []
