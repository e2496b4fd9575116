import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.web import read, read_text


def kinds(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in read_text(text).pieces]


def test_structure_becomes_pieces() -> None:
    text = """<title>T</title><h1>Main <em>title</em></h1><p>A <b>b</b> c<p>next
    <ul><li>one<ul><li>sub</ul><li>two</ul><pre>x = 1\n  y</pre><blockquote>said</blockquote>bare"""

    assert read_text(text).title == "T"
    assert kinds(text) == [
        ("heading", "Main title"),
        ("text", "A b c"),
        ("text", "next"),
        ("list", "- one\n  - sub\n- two"),
        ("code", "x = 1\n  y"),
        ("text", "said"),
        ("text", "bare"),
    ]


def test_table_keeps_rows_and_empty_cells() -> None:
    text = "<table><tr><th>a<th>b<tr><td><p>1</p><p>2</p></td><td></td></tr><tr><td><td>3 | 4</table>"

    assert kinds(text) == [("table", "| a | b |\n| --- | --- |\n| 1 2 |  |\n|  | 3 \\| 4 |")]


def test_table_of_one_column_is_layout() -> None:
    assert kinds("<table><tr><td>one</td></tr><tr><td>two</td></tr></table>") == [
        ("text", "one"),
        ("text", "two"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert('x')</script>",
        "<style>p { color: red }</style>",
        "<nav>Home</nav>",
        "<footer>imprint</footer>",
        "<noscript>turn it on</noscript>",
        "<template><p>later</p></template>",
        "<div hidden>secret</div>",
        "<div style='display: none'>secret</div>",
        "<iframe src='file:///etc/passwd'></iframe>",
        "<!-- note -->",
    ],
)
def test_what_no_reader_sees_is_left_out(hidden: str) -> None:
    assert kinds(f"<p>before</p>{hidden}<p>after</p>") == [("text", "before"), ("text", "after")]


def test_main_content_is_preferred() -> None:
    article = "word " * 60
    assert kinds(f"<div>menu</div><main><p>{article}</p></main><div>links</div>") == [
        ("text", article.strip())
    ]


def test_declared_encoding_is_used() -> None:
    page = "<meta charset='koi8-r'><p>привет</p>".encode("koi8-r")

    assert [piece.text for piece in read(page, ParseLimits()).pieces] == ["привет"]


def test_deep_nesting_ends() -> None:
    assert kinds("<div>" * 20000 + "deep") == [("text", "deep")]
