import json

import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.structured import read_json, read_xml
from services.errors import DocumentCorrupt, DocumentOverLimit


def of_json(value: object) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in read_json(json.dumps(value).encode(), ParseLimits()).pieces]


def of_xml(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in read_xml(text.encode(), ParseLimits()).pieces]


def test_values_stand_beside_their_names() -> None:
    assert of_json({"title": "Leave", "days": 25, "valid": True, "none": None, "tags": ["hr", "time"]}) == [
        ("text", "title: Leave\ndays: 25\nvalid: true\ntags: hr, time")
    ]


def test_what_holds_more_stands_under_its_name() -> None:
    assert of_json({"leave": {"annual": {"days": 25}}}) == [
        ("heading", "leave"),
        ("heading", "annual"),
        ("text", "days: 25"),
    ]


def test_records_make_a_table() -> None:
    assert of_json([{"name": "Ann", "days": 25}, {"name": "Bob", "city": "Rome"}]) == [
        ("table", "| name | days | city |\n| --- | --- | --- |\n| Ann | 25 |  |\n| Bob |  | Rome |")
    ]


def test_a_record_on_each_line_is_read() -> None:
    reading = read_json(b'{"a": 1}\n{"a": 2}\n', ParseLimits())
    assert [piece.text for piece in reading.pieces] == ["| a |\n| --- |\n| 1 |\n| 2 |"]


def test_long_texts_are_kept_apart() -> None:
    assert of_json({"notes": ["first " * 20, "second " * 20]})[0] == ("heading", "notes")


@pytest.mark.parametrize("data", [b"{not json", b"[1, 2", b"\xff\xfe{"])
def test_broken_json_is_corrupt(data: bytes) -> None:
    with pytest.raises(DocumentCorrupt, match="JSON"):
        read_json(data, ParseLimits())


def test_json_without_a_floor_is_over_the_limit() -> None:
    for depth in (200, 100_000):
        with pytest.raises(DocumentOverLimit):
            read_json(b"[" * depth + b"]" * depth, ParseLimits())


def test_titles_and_paragraphs_of_a_book_are_read() -> None:
    chapter = "<chapter><title>Annual</title><para>25 <b>days</b> a year.</para></chapter>"
    assert of_xml(f"<book><title>Leave</title>{chapter}</book>") == [
        ("heading", "Leave"),
        ("heading", "Annual"),
        ("text", "25 days a year."),
    ]


def test_records_of_one_shape_make_a_table() -> None:
    person = '<person id="{}"><name>{}</name><days>25</days></person>'
    people = (person.format(number, name) for number, name in enumerate(("Ann", "Bob")))
    assert of_xml(f"<people>{''.join(people)}</people>") == [
        ("table", "| id | name | days |\n| --- | --- | --- |\n| 0 | Ann | 25 |\n| 1 | Bob | 25 |")
    ]


def test_other_values_stand_beside_their_names() -> None:
    assert of_xml("<order><number>7</number><to>Ann</to></order>") == [("text", "number: 7\nto: Ann")]


def test_page_as_xml_is_read_as_a_page() -> None:
    assert of_xml(
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Leave</h1><p>25 days</p></body></html>'
    ) == [
        ("heading", "Leave"),
        ("text", "25 days"),
    ]


def test_broken_xml_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        of_xml("<a><b></a>")


def test_xml_without_a_floor_is_over_the_limit() -> None:
    with pytest.raises(DocumentOverLimit):
        of_xml("<a>" * 200 + "x" + "</a>" * 200)
