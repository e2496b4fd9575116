from ingestion.reading.page_layout import Line, Page
from ingestion.reading.running_lines import drop_running_lines


def page(*lines: str) -> Page:
    return Page(tuple(Line(text) for text in lines))


def kept(pages: list[Page]) -> list[list[str]]:
    return [[line.text for line in lines] for lines in drop_running_lines(pages)]


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [page(f"Contoso travel policy {n}", f"Body of page {n} is here", f"{n}") for n in range(4, 12)]

    assert kept(pages) == [[f"Body of page {n} is here"] for n in range(4, 12)]


def test_footer_that_ends_in_a_page_count_is_left_out() -> None:
    pages = [page(f"What page {n} says", f"HB-2025 · People team Page {n} of 4") for n in range(1, 5)]

    assert kept(pages) == [[f"What page {n} says"] for n in range(1, 5)]


def test_rows_that_differ_only_in_numbers_stay() -> None:
    pages = [page("07/17/2015", f"{n * 37}", f"Total {n * 113}", "2,500", f"Sum {n * 5}") for n in range(9)]

    assert kept(pages) == [[line.text for line in shown.lines] for shown in pages]


def test_margins_of_a_short_document_are_left_out() -> None:
    lines = (Line("I am a header", y=800), Line("Title", y=700, size=20), Line("Text.", y=660))
    footer = Line("I am a footer", y=30)

    assert [line.text for line in drop_running_lines([Page((*lines, footer), 842)])[0]] == ["Title", "Text."]


def test_text_that_runs_down_to_the_margin_stays() -> None:
    lines = tuple(Line(f"Line {y}", y=y) for y in range(700, 40, -14))

    assert drop_running_lines([Page(lines, 842)]) == [list(lines)]
