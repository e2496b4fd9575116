import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.tables import read
from services.errors import DocumentOverLimit


def table(data: bytes) -> str:
    return "\n".join(piece.text for piece in read(data, ParseLimits()).pieces)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiter_is_found(mark: str) -> None:
    assert table(f"name{mark}age\nAnn{mark}41\n".encode()) == "| name | age |\n| --- | --- |\n| Ann | 41 |"


def test_quoted_cells_keep_delimiters_and_lines() -> None:
    assert table(b'a,b\n"x, y","1\n2"\n') == "| a | b |\n| --- | --- |\n| x, y | 1 2 |"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str) -> None:
    assert table(f"a,b{end}1,2{end}".encode()) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_header_shorter_than_its_rows_loses_no_column() -> None:
    assert table(b"1,2\na,b,c\n") == "| 1 | 2 |  |\n| --- | --- | --- |\n| a | b | c |"


def test_windows_encoding_is_read() -> None:
    assert "Müller" in table("name;city\nMüller;Köln\n".encode("cp1252"))


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(DocumentOverLimit, match="cells"):
        read(b"a,b\n" * 20, ParseLimits(cells=10))


def test_nothing_in_it_gives_no_table() -> None:
    assert table(b",,\n,,\n") == ""
