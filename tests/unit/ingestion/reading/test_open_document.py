import pytest

from ingestion.reading import open_document
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit
from tests.office_files import archive

STYLES = (
    '<list-style name="L"><list-level-style-number level="1" num-format="1" num-suffix="."/>'
    '<list-level-style-bullet level="2"/></list-style>'
)


def odt(kind: str, body: str, **parts: str) -> bytes:
    styles, whole = f"<automatic-styles>{STYLES}</automatic-styles>", f"<body><{kind}>{body}</{kind}></body>"
    content = f"<document-content>{styles}{whole}</document-content>"
    return archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content} | parts)


def cell(text: str, more: str = "") -> str:
    return f"<table-cell {more}>{'<p>' + text + '</p>' if text else ''}</table-cell>"


def row(cells: str, times: int = 1) -> str:
    return f'<table-row number-rows-repeated="{times}">{cells}</table-row>'


def repeated(text: str, times: int) -> str:
    return cell(text, f'number-columns-repeated="{times}"')


def pieces(body: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in open_document.read(odt("text", body), ParseLimits()).pieces]


def test_headings_text_and_links_are_read() -> None:
    note = "<note><note-body><p>as of May</p></note-body></note>"
    said = f'<p><a href="x">Everyone</a> has<s c="2"/>25<tab/>days{note}.</p>'
    body = f'<h outline-level="1">Leave</h>{said}'
    assert pieces(body) == [("heading", "Leave"), ("text", "Everyone has 25 days."), ("text", "as of May")]


def test_lists_are_numbered_as_they_show() -> None:
    inner = "<list><list-item><p>dot</p></list-item></list>"
    items = f"<list-item><p>one</p>{inner}</list-item><list-item><p>two</p></list-item>"
    body = f'<list style-name="L">{items}</list>'
    assert pieces(body) == [("list", "1. one\n  - dot\n2. two")]


def test_spanning_cells_stand_in_every_row_they_cover() -> None:
    head = f"<table-row>{cell('Kind')}{cell('Days')}</table-row>"
    first = "<table-row>" + cell("Leave", 'number-rows-spanned="2"') + cell("25") + "</table-row>"
    second = f"<table-row><covered-table-cell/>{cell('28')}</table-row>"
    assert pieces(f"<table><table-header-rows>{head}</table-header-rows>{first}{second}</table>") == [
        ("table", "| Kind | Days |\n| --- | --- |\n| Leave | 25 |\n| Leave | 28 |")
    ]


def test_changes_and_contents_are_left_out() -> None:
    changes = "<tracked-changes><p>gone</p></tracked-changes>"
    body = f"{changes}<table-of-content><p>Leave 3</p></table-of-content><p>here</p>"
    assert pieces(body) == [("text", "here")]


def test_sheets_repeat_cells_but_no_blank_ones() -> None:
    rows = row(repeated("a", 2)) + row(repeated("1", 2), 2) + row(repeated("", 1024), 1_048_000)
    table = f'<table name="Plan">{rows}</table>'
    reading = open_document.read_sheets(odt("spreadsheet", table), ParseLimits())
    shown = "| a | a |\n| --- | --- |\n| 1 | 1 |\n| 1 | 1 |"
    assert [piece.text for piece in reading.pieces] == ["Plan", shown]


def test_sheet_that_repeats_without_end_is_over_the_limit() -> None:
    table = f"<table>{row(repeated('1', 900), 900) * 3}</table>"
    with pytest.raises(DocumentOverLimit):
        open_document.read_sheets(odt("spreadsheet", table), ParseLimits(cells=100_000))


def test_slides_have_their_pages_titles_and_notes() -> None:
    title = '<frame class="title"><text-box><p>Leave</p></text-box></frame>'
    first = f"<page>{title}<frame><p>25 days</p></frame><notes><frame><p>say it</p></frame></notes></page>"
    data = odt("presentation", first + "<page><frame><p>more</p></frame></page>")
    reading = open_document.read_slides(data, ParseLimits())
    assert [(piece.kind, piece.text, piece.page) for piece in reading.pieces] == [
        ("heading", "Leave", 1),
        ("text", "25 days", 1),
        ("text", "say it", 1),
        ("heading", "Slide 2", 2),
        ("text", "more", 2),
    ]


def test_password_and_damage_are_told() -> None:
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    with pytest.raises(DocumentEncrypted):
        open_document.read(odt("text", "", **{"META-INF/manifest.xml": manifest}), ParseLimits())
    with pytest.raises(DocumentCorrupt):
        open_document.read(archive({"content.xml": "<office"}), ParseLimits())
