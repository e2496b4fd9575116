import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.word import read
from services.errors import DocumentCorrupt, DocumentEncrypted
from tests.office_files import archive, compound, docx, paragraph

STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/>'
    '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    '<w:style w:styleId="H2"><w:name w:val="heading 2"/><w:basedOn w:val="H1"/>'
    '<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>'
    '<w:style w:styleId="T"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="C"><w:name w:val="Source Code"/></w:style>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="7"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>'
)


def pieces(body: str, **related: str) -> list[tuple[str, str]]:
    reading = read(docx(body, **({"styles": STYLES, "numbering": NUMBERING} | related)), ParseLimits())
    return [(piece.kind, piece.text) for piece in reading.pieces]


def styled(text: str, style: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def listed(text: str, number: int, depth: int = 0) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def test_headings_carry_the_numbers_that_word_shows() -> None:
    body = styled("Handbook", "T") + styled("Leave", "H1") + styled("Annual", "H2") + styled("Sick", "H2")
    assert pieces(body + styled("Pay", "H1")) == [
        ("heading", "Handbook"),
        ("heading", "1. Leave"),
        ("heading", "1.1 Annual"),
        ("heading", "1.2 Sick"),
        ("heading", "2. Pay"),
    ]


def test_list_items_in_a_row_are_one_list() -> None:
    body = (
        listed("one", 1) + listed("inner", 1, 1) + listed("dot", 2) + paragraph("between") + listed("four", 3)
    )
    assert pieces(body) == [
        ("list", "1. one\n  1.1 inner\n- dot"),
        ("text", "between"),
        ("list", "4. four"),
    ]


def test_merged_cells_stand_under_every_column_and_in_every_row() -> None:
    across, first, rest = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        cell("Kind") + cell("Days", across),
        cell("Leave", first) + cell("old") + cell("25"),
        cell("", rest) + cell("new") + cell("28"),
    ]
    body = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    assert pieces(body) == [
        ("table", "| Kind | Days | Days |\n| --- | --- | --- |\n| Leave | old | 25 |\n| Leave | new | 28 |")
    ]


def test_table_of_one_column_is_text() -> None:
    assert pieces(f"<w:tbl><w:tr>{cell('one')}</w:tr><w:tr>{cell('two')}</w:tr></w:tbl>") == [
        ("text", "one"),
        ("text", "two"),
    ]


def test_text_box_is_read_once_of_its_two_forms() -> None:
    box = f"<w:txbxContent>{paragraph('in the box')}</w:txbxContent>"
    both = f"<x><Choice><w:drawing>{box}</w:drawing></Choice><Fallback><w:pict>{box}</w:pict></Fallback></x>"
    run = both.replace("<x>", "<w:AlternateContent>").replace("</x>", "</w:AlternateContent>")
    found = pieces(f"<w:p><w:r><w:t>before</w:t>{run}</w:r></w:p>")
    assert found == [("text", "before"), ("text", "in the box")]


def test_what_was_deleted_or_hidden_is_left_out() -> None:
    body = (
        "<w:p><w:r><w:t>kept </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
    )
    assert pieces(body) == [("text", "kept added")]


def test_field_shows_its_result_and_a_link_its_text() -> None:
    body = (
        "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>Figure </w:t></w:r>"
        '<w:fldSimple w:instr="SEQ">'
        "<w:r><w:t>3</w:t></w:r></w:fldSimple><w:hyperlink><w:r><w:t> here</w:t></w:r></w:hyperlink></w:p>"
    )
    assert pieces(body) == [("text", "Figure 3 here")]


def test_note_stands_after_the_paragraph_that_names_it() -> None:
    notes = f'<w:footnote w:id="1">{paragraph("as of May")}</w:footnote>'
    body = '<w:p><w:r><w:t>25 days</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r></w:p>' + paragraph(
        "next"
    )
    assert pieces(body, footnotes=notes) == [("text", "25 days"), ("text", "as of May"), ("text", "next")]


def test_contents_list_is_left_out() -> None:
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{paragraph('Leave 3')}</w:sdtContent></w:sdt>"
    )
    other = f"<w:sdt><w:sdtContent>{paragraph('filled in')}</w:sdtContent></w:sdt>"
    assert pieces(contents + other) == [("text", "filled in")]


def test_code_keeps_its_lines() -> None:
    assert pieces(styled("if x:", "C") + styled("  y()", "C")) == [("code", "if x:\n  y()")]


def test_chart_is_read_as_its_table() -> None:
    chart = (
        '<?xml version="1.0"?><c:chartSpace xmlns:c="c"><c:chart><c:ser><c:tx><c:v>Ducks</c:v></c:tx>'
        '<c:cat><c:pt idx="0"><c:v>2019</c:v></c:pt></c:cat>'
        '<c:val><c:pt idx="0"><c:v>120</c:v></c:pt></c:val>'
        "</c:ser></c:chart></c:chartSpace>"
    )
    drawing = '<w:p><w:r><w:drawing><c:chart xmlns:c="c" xmlns:r="r" r:id="chart"/></w:drawing></w:r></w:p>'
    assert pieces(drawing, chart=chart) == [("table", "|  | Ducks |\n| --- | --- |\n| 2019 | 120 |")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (compound({"EncryptedPackage": b"x"}), DocumentEncrypted),
        (archive({"word/other.xml": "<x/>"}), DocumentCorrupt),
        (archive({"word/document.xml": "<w:document"}), DocumentCorrupt),
        (b"PK\x03\x04 no archive", DocumentCorrupt),
    ],
)
def test_what_cannot_be_opened_says_why(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(data, ParseLimits())
