"""The headings, tables and paragraphs of real PDFs, measured against what they were made from."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy.demo import markup
from ingestion import parsing
from ingestion.blocks import ParsedDocument
from ingestion.parsing import ParseLimits
from ingestion.reading.pieces import table_markdown
from services.media_types import PDF

DEMO = Path(markup.__file__).parent / "documents"
CONTOSO = Path(__file__).resolve().parents[3] / "../shared/data/answers/contoso/documents"
SOURCES = [source for source in markup.read_sources() if source.about["format"] == "pdf"]
LEAST_PRECISION, LEAST_RECALL = 0.95, 0.8

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
needs_data = pytest.mark.skipif(not CONTOSO.exists(), reason="the evaluation data is not at hand")


@cache
def parse(path: Path) -> ParsedDocument:
    return parsing.parse_file(path, PDF, ParseLimits())


def texts(document: ParsedDocument, kind: str) -> list[str]:
    return [block.text for block in document.blocks if block.kind == kind]


def true_paths(source: markup.Source) -> Iterator[tuple[str, ...]]:
    above: tuple[str, ...] = (source.title,)
    yield above
    for part in source.parts:
        if isinstance(part, markup.Heading):
            above = (*above[: part.level], part.text)
            yield above


@each_source
def test_headings_are_those_of_the_source(source: markup.Source) -> None:
    document = parse(DEMO / source.path)
    found = [block.heading_path for block in document.blocks if block.kind == "heading"]
    true = list(true_paths(source))
    right = len(set(found) & set(true))

    assert right / len(found) >= LEAST_PRECISION
    assert right / len(true) >= LEAST_RECALL


@each_source
def test_paragraphs_are_whole_and_in_order(source: markup.Source) -> None:
    written = [part.text for part in source.parts if isinstance(part, markup.Paragraph)]
    found = texts(parse(DEMO / source.path), "text")

    assert [text for text in found if text in written] == written
    assert len(found) == len(written) + 1  # the line below the title


@each_source
def test_tables_are_those_of_the_source(source: markup.Source) -> None:
    written = [table_markdown(part.rows) for part in source.parts if isinstance(part, markup.Table)]

    assert texts(parse(DEMO / source.path), "table") == written


@needs_data
@pytest.mark.parametrize(
    ("name", "pages", "headings"),
    [
        ("Benefit_Options.pdf", {3}, ["Northwind Health Plus", "Northwind Standard", "Comparison of Plans"]),
        ("PerksPlus.pdf", {3, 4}, ["Overview", "What is Covered?", "What is Not Covered?"]),
        ("role_library.pdf", {8}, ["Vice President of Marketing", "Vice President of Operations"]),
        ("employee_handbook.pdf", {4, 5}, ["Performance Reviews", "Workplace Safety", "Workplace Violence"]),
        (
            "Northwind_Health_Plus_Benefits_Details.pdf",
            {3, 4, 5, 9, 31},
            [
                "Summary of Benefits",
                "Northwind Health Plus",
                "SUMMARY OF YOUR COSTS",
                "HOW PROVIDERS AFFECT YOUR COSTS",
                "In-Network Providers",
                "Continuity of Care",
                "Home Health Care",
            ],
        ),
    ],
)
def test_headings_are_those_a_reader_marked(name: str, pages: set[int], headings: list[str]) -> None:
    document = parse(CONTOSO / name)

    assert [
        block.text for block in document.blocks if block.kind == "heading" and block.page in pages
    ] == headings


@needs_data
def test_wrapped_bullets_and_broken_words_are_whole() -> None:
    document = parse(CONTOSO / "Northwind_Health_Plus_Benefits_Details.pdf")
    items = "\n".join(texts(document, "list")).split("\n")

    assert (
        "- Make sure to double-check if a provider is in-network or out-of-network before you receive care. "
        "This will help you avoid any surprise costs." in items
    )
    assert any(
        "an extensive network of in-network providers. Working" in text for text in texts(document, "text")
    )
