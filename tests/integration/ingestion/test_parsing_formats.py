"""Real files of many formats reach the outcome their manifest expects, where they are at hand."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from ingestion import parsing
from ingestion.blocks import ParsedDocument
from ingestion.parsing import ParseLimits
from services.errors import HoldfastError
from services.media_types import HEAD_BYTES, detect_media_type

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
FORMATS = DATA / "formats"
LATER = frozenset({"doc", "rtf", "odt", "ppt", "xlsb", "xls", "msg", "epub"})
EXPECTED = {
    "text": {"text"},
    "partial": {"text"},
    "ocr": {"needs_ocr"},
    "password": {"password"},
    "corrupt": {"corrupt"},
    "garbled": {"garbled"},
    "no-text": {"no_text"},
    "limit": {"limit"},
    "reject": {"unsupported_media_type"},
}
# Numbers that Word works out itself, and the references' marks for pictures, are not text of the file.
LEAST_RECALL = {"unit_test_headers_numbered.docx": 0.76, "textbox.docx": 0.93}


def manifest() -> list[dict[str, str]]:
    if not FORMATS.exists():
        return []
    with (FORMATS / "manifest.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


ENTRIES = manifest()
NOW = [entry for entry in ENTRIES if entry["format"] not in LATER]
needs_data = pytest.mark.skipif(not ENTRIES, reason="the evaluation data is not at hand")


def name_of(entry: dict[str, str]) -> str:
    return Path(entry["file"]).name


def outcome(path: Path) -> str:
    try:
        parse(path)
    except HoldfastError as error:
        return error.code
    return "text"


def parse(path: Path) -> ParsedDocument:
    with path.open("rb") as file:
        media_type = detect_media_type(path.name, file.read(HEAD_BYTES))
    return parsing.parse_file(path, media_type, ParseLimits())


@needs_data
@pytest.mark.parametrize("entry", NOW, ids=name_of)
def test_outcome_is_the_expected_one(entry: dict[str, str]) -> None:
    assert outcome(FORMATS / entry["file"]) in EXPECTED[entry["expect"]]


@needs_data
@pytest.mark.parametrize(
    "entry", [e for e in NOW if e["expected_text"] and e["expect"] == "text"], ids=name_of
)
def test_words_of_the_reference_are_there(entry: dict[str, str]) -> None:
    found = words("\n".join(block.text for block in parse(FORMATS / entry["file"]).blocks))
    wanted = words((FORMATS / entry["expected_text"]).read_text())
    recall = sum((found & wanted).values()) / sum(wanted.values())

    assert recall >= LEAST_RECALL.get(name_of(entry), 0.95)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


@needs_data
@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("073439.pdf", "pages 5, 6, 15"),
        ("T01_006_header-invalid-syntax-no-pdf.pdf", "header is damaged"),
        ("fake-email-malformed-encoding.eml", "malformed"),
        ("eml_with_attachment.eml", "test.txt"),
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
def test_formats_of_later_are_listed() -> None:
    for entry in ENTRIES:
        if entry["format"] in LATER:
            print(f"{name_of(entry):40} expected {entry['expect']:8} now {outcome(FORMATS / entry['file'])}")


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
