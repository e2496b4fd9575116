import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.rich_text import read
from services.errors import DocumentCorrupt, DocumentOverLimit

HEAD = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Cyr;}{\f2\fcharset128 Jp;}}"
STYLES = rb"{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s15 Title;}}"


def pieces(body: bytes) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in read(HEAD + STYLES + body + b"}", ParseLimits()).pieces]


def test_headings_are_known_by_their_styles() -> None:
    body = rb"\pard\s15 Handbook\par\pard\s1 Leave\par\pard Each year.\par\pard\outlinelevel1 Sick\par"
    assert pieces(body) == [
        ("heading", "Handbook"),
        ("heading", "Leave"),
        ("text", "Each year."),
        ("heading", "Sick"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb"caf\'e9\par", "café"),
        (rb"\f1 \'cf\'f0\'e8\'e2\'e5\'f2\par", "Привет"),
        (rb"\f2 \'93\'fa\'96\'7b\par", "日本"),
        (rb"\u8364?5 \uc2\u8211--\uc0\u233\par", "€5 \u2013é"),
        (rb"\u-10179?\u-8704?\par", "\U0001f600"),
        (rb"one\~two\_three\emdash four\line five\par", "one two-three\u2014four five"),
        (rb"a\{b\}c\\d\par", r"a{b}c\d"),
    ],
)
def test_letters_are_those_that_were_written(body: bytes, expected: str) -> None:
    assert pieces(body) == [("text", expected)]


def test_list_carries_the_labels_it_shows() -> None:
    body = rb"\pard{\listtext 1.\tab}\ls1 one\par\pard{\listtext\'b7\tab}\ls2\ilvl1 dot\par\pard after\par"
    assert pieces(body) == [("list", "1. one\n  - dot"), ("text", "after")]


def test_rows_make_a_table() -> None:
    row = rb"\trowd\cellx1\cellx2\pard\intbl %s\cell %s\cell\row"
    body = rb"before\par" + row % (b"Name", b"Days") + row % (b"Ann", b"25") + rb"\pard after\par"
    assert pieces(body) == [
        ("text", "before"),
        ("table", "| Name | Days |\n| --- | --- |\n| Ann | 25 |"),
        ("text", "after"),
    ]


def test_what_is_no_text_is_left_out() -> None:
    body = (
        rb"{\header top}{\footer bottom}{\pict\wmetafile8 0102ff}{\*\unknown thing}{\info{\author Me}}"
        rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt shown}} {\v hidden}{\deleted gone}seen\bin3 {{{ too\par"
    )
    assert pieces(body) == [("text", "shown seen too")]


def test_note_stands_where_it_is_named() -> None:
    assert pieces(rb"25 days{\footnote as of May} a year\par") == [("text", "25 days [as of May] a year")]


def test_text_that_breaks_off_is_read_to_there() -> None:
    assert pieces(rb"{\b first\par second") == [("text", "first"), ("text", "second")]


def test_groups_without_end_are_over_the_limit() -> None:
    with pytest.raises(DocumentOverLimit):
        pieces(b"{" * 2000)


def test_other_text_is_no_rich_text() -> None:
    with pytest.raises(DocumentCorrupt):
        read(b"plain", ParseLimits())
