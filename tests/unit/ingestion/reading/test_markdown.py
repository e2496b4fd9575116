import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.markdown import plain, read, to_pieces
from ingestion.reading.pieces import Piece


def kinds(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in to_pieces(text)]


def test_structure_becomes_pieces() -> None:
    text = (
        "# One\n\nA *first*\nparagraph.\n\n- a\n  - b\n- c\n\n1. x\n2. y\n\n"
        "```python\nx = 1\n\ny = 2\n```\nTwo\n---\n> said\n"
    )

    assert kinds(text) == [
        ("heading", "One"),
        ("text", "A first paragraph."),
        ("list", "- a\n  - b\n- c\n1. x\n2. y"),
        ("code", "x = 1\n\ny = 2"),
        ("heading", "Two"),
        ("text", "said"),
    ]


def test_table_keeps_its_cells() -> None:
    text = "| a | b |\n|---|:-:|\n| 1 | x\\|y |\n| **2** | |\n\nafter"

    assert kinds(text) == [("table", "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |"), ("text", "after")]


def test_heading_level_is_kept() -> None:
    assert list(to_pieces("### Deep ###")) == [Piece("heading", "Deep", None, 3)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ('see [the page](https://a.b/c_(d) "title") now', "see the page now"),
        ("![picture](a.png) text", "text"),
        ("**bold** _soft_ snake_case_name 2 * 3 * 4", "bold soft snake_case_name 2 * 3 * 4"),
        ("`a*b*` and \\*stars\\*", "a*b* and *stars*"),
        ("<https://a.b> &amp; <b>html</b>", "https://a.b & html"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_inline_marks_are_left_out(marked: str, expected: str) -> None:
    assert plain(marked) == expected


def test_front_matter_gives_the_title_only() -> None:
    reading = read(b"---\ntitle: 'Our plan'\nowner: hr\n---\n# Else\n", ParseLimits())

    assert reading.title == "Our plan"
    assert [piece.text for piece in reading.pieces] == ["Else"]


def test_comments_are_left_out() -> None:
    assert kinds("<!-- secret\n\nnote -->\nshown") == [("text", "shown")]


def test_unclosed_fence_runs_to_the_end() -> None:
    assert kinds("```\na\nb") == [("code", "a\nb")]
