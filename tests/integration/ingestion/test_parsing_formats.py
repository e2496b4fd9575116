"""Real files of many formats reach the outcome their manifest expects, where they are at hand."""

from pathlib import Path

import pytest

from ingestion import parsing
from ingestion.blocks import ParsedDocument
from ingestion.parsing import ParseLimits
from services.media_types import HEAD_BYTES, detect_media_type
from tests.quality import formats

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
FORMATS = DATA / "formats"
ENTRIES = formats.manifest(FORMATS)
needs_data = pytest.mark.skipif(not ENTRIES, reason="the evaluation data is not at hand")


def name_of(entry: dict[str, str]) -> str:
    return Path(entry["file"]).name


def parse(path: Path) -> ParsedDocument:
    with path.open("rb") as file:
        media_type = detect_media_type(path.name, file.read(HEAD_BYTES))
    return parsing.parse_file(path, media_type, ParseLimits())


@needs_data
@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_file_ends_as_a_person_expects(entry: dict[str, str]) -> None:
    found = formats.read_one(FORMATS, entry)

    assert found.is_as_expected, found


@needs_data
@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("073439.pdf", "pages 5, 6, 15"),
        ("T01_006_header-invalid-syntax-no-pdf.pdf", "header is damaged"),
        ("fake-email-malformed-encoding.eml", "malformed"),
        ("fake-power-point-malformed.pptx", "slides 1"),
        ("with-attachment.pdf", "image.png"),
    ],
)
def test_what_was_not_read_is_named(name: str, warning: str) -> None:
    assert any(warning in said for said in parse(FORMATS / "files" / name).warnings)


@needs_data
def test_headers_and_footers_are_left_out() -> None:
    text = " ".join(block.text for block in parse(FORMATS / "files/header-test-doc.pdf").blocks)

    assert text == "Title Here is a lovely sentences."


@needs_data
@pytest.mark.parametrize(
    ("name", "attached"),
    [
        ("eml_with_attachment.eml", ("test.txt",)),
        ("msg_with_attachment.msg", ("test.txt", "report.pdf")),
    ],
)
def test_what_is_attached_is_named(name: str, attached: tuple[str, ...]) -> None:
    assert parse(FORMATS / "files" / name).attachments == attached


@needs_data
@pytest.mark.parametrize(
    ("name", "pages", "heading", "page"),
    [
        ("Benefit_Options.pdf", 4, "Comparison of Plans", 3),
        ("PerksPlus.pdf", 4, "What is Covered?", 3),
        ("role_library.pdf", 31, "Chief Operating Officer", 4),
        ("employee_handbook.pdf", 11, "Workplace Safety", 5),
        ("Northwind_Health_Plus_Benefits_Details.pdf", 109, "Home Health Care", 31),
    ],
)
def test_pdf_headings_stand_on_their_page(name: str, pages: int, heading: str, page: int) -> None:
    found = parse(DATA / "answers/contoso/documents" / name)

    assert found.pages == pages
    assert (heading, page) in {(block.text, block.page) for block in found.blocks if block.kind == "heading"}
