import pytest

from ingestion.reading.number_formats import date_text, is_date_format, number_text
from ingestion.reading.sheets import sheet_pieces


def content(*rows: str) -> list[tuple[str, str]]:
    """Pieces of a sheet whose cells are parted by commas, without its name."""
    found = list(sheet_pieces("Plan", [row.split(",") if row else [] for row in rows]))
    assert not found or (found[0].kind, found[0].text) == ("heading", "Plan")
    return [(piece.kind, piece.text.replace("\n| --- | --- |", "").replace("\n", "/")) for piece in found[1:]]


def test_blank_row_parts_two_tables() -> None:
    assert content("Name,Days", "Ann,25", "", "City,Fee", "Rome,40") == [
        ("table", "| Name | Days |/| Ann | 25 |"),
        ("table", "| City | Fee |/| Rome | 40 |"),
    ]


def test_line_of_its_own_is_a_caption() -> None:
    assert content("Ducks a year,", "Year,Ducks", "2019,120") == [
        ("text", "Ducks a year"),
        ("table", "| Year | Ducks |/| 2019 | 120 |"),
    ]


def test_rows_after_a_gap_keep_their_column_names() -> None:
    assert content("Year,Ducks", "2019,120", "", "2020,135") == [
        ("table", "| Year | Ducks |/| 2019 | 120 |"),
        ("table", "| Year | Ducks |/| 2020 | 135 |"),
    ]


def test_table_that_begins_beside_another_is_its_own() -> None:
    assert content("Name,Days,,", "Ann,25,,", "Bob,30,City,Fee", "Cy,28,Rome,40") == [
        ("table", "| Name | Days |/| Ann | 25 |/| Bob | 30 |/| Cy | 28 |"),
        ("table", "| City | Fee |/| Rome | 40 |"),
    ]


def test_empty_sheet_is_nothing() -> None:
    assert content("", ",") == []


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ("h:mm", True),
        ("0.00", False),
        ('0 "days"', False),
        ("#,##0 [Red]", False),
        ("General", False),
    ],
)
def test_date_formats_are_known(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (45000.0, "2023-03-15"),
        (45000.5, "2023-03-15 12:00:00"),
        (0.25, "06:00:00"),
        (-3.0, "-3"),
        (1e9, "1000000000"),
    ],
)
def test_days_are_shown_as_dates(value: float, expected: str) -> None:
    assert date_text(value) == expected


def test_other_calendar_begins_later() -> None:
    assert date_text(1.0, since_1904=True) == "1904-01-02"


@pytest.mark.parametrize(("value", "expected"), [(3.0, "3"), (0.1 + 0.2, "0.3"), (1e300, "1e+300")])
def test_numbers_are_shown_as_typed(value: float, expected: str) -> None:
    assert number_text(value) == expected
