import pytest

from ingestion.reading.page_layout import Line
from ingestion.reading.pdf_headings import find_headings, is_plausible

TEXT = "The running text of this page is set small and is longer than all headings together."


def page(*lines: tuple[str, float, bool], fall: float = 20) -> list[Line]:
    return [
        Line(text, 50, 50 + len(text) * size / 2, 800 - n * fall, size, bold)
        for n, (text, size, bold) in enumerate(lines)
    ]


def headings(*pages: list[Line]) -> list[tuple[str, int]]:
    found = find_headings(pages, [()] * len(pages))
    return [
        (" ".join(line.text for line in pages[number][at : at + count]), level)
        for (number, at), (count, level) in found.items()
    ]


def test_larger_and_bolder_lines_are_headings_by_size_then_weight() -> None:
    shown = page(
        ("Leave", 16, True),
        (TEXT, 10, False),
        ("Annual leave", 12, True),
        (TEXT, 10, False),
        ("Pay", 16, True),
        (TEXT, 10, False),
        ("In short", 10, True),
        (TEXT, 10, False),
    )

    assert headings(shown) == [("Leave", 1), ("Annual leave", 2), ("Pay", 1), ("In short", 3)]


def test_title_alone_in_its_size_stands_above_all() -> None:
    shown = page(("Handbook", 24, True), ("Leave", 16, True), (TEXT, 10, False), ("Pay", 16, True))

    assert headings(shown, page((TEXT, 10, False)))[:2] == [("Handbook", 0), ("Leave", 1)]


def test_heading_of_two_lines_is_one() -> None:
    shown = page(("A long", 16, True), ("heading", 16, True), (TEXT, 10, False), (TEXT, 10, False))

    assert headings(shown) == [("A long heading", 1)]


def test_bold_paragraph_is_no_heading() -> None:
    bold = [("These words are bold for four lines on end", 10, True)] * 4

    assert headings(page((TEXT, 10, False), *bold, (TEXT, 10, False), (TEXT, 10, False), fall=12)) == []


def test_bold_words_inside_running_text_are_no_heading() -> None:
    inside = page((TEXT, 10, False), ("Very important words", 10, True), ("go on here.", 10, False), fall=12)

    assert headings(inside, page((TEXT, 10, False), (TEXT, 10, False))) == []


def test_lines_of_tables_are_no_headings() -> None:
    shown = page(("Open anyone yes", 12, True), (TEXT, 10, False))

    assert find_headings([shown], [{0}]) == {}


def test_line_beside_another_is_no_heading() -> None:
    shown = page(("Start date", 12, True), ("End date", 12, True), (TEXT, 10, False), fall=0)

    assert headings(shown) == []


def test_numbered_sections_need_no_larger_letters() -> None:
    shown = page(
        ("2.1 Scope", 10, False), (TEXT, 10, False), ("2.1.3 Who reads", 10, False), (TEXT, 10, False)
    )

    assert headings(shown) == [("2.1 Scope", 2), ("2.1.3 Who reads", 3)]


def test_numbered_lines_in_a_row_are_a_contents_list() -> None:
    assert headings(page(("2.1 Scope", 10, False), ("2.2 Terms", 10, False), (TEXT, 10, False))) == []


@pytest.mark.parametrize(
    "text",
    [
        "which matter. Area Head Site Extension",
        "It ends.",
        "£1,200 to £5,000",
        "January 3, 2024",
        "Contents . . . . . . 7",
        "• An item",
        "The head of the",
        "word " * 20,
    ],
)
def test_implausible_text_is_no_heading(text: str) -> None:
    assert not is_plausible(text.strip())


@pytest.mark.parametrize("text", ["What is covered?", "Budget 2025", "WHAT IF I'M OUTSIDE?", "2.2 Duties"])
def test_plausible_text_may_be_a_heading(text: str) -> None:
    assert is_plausible(text)
