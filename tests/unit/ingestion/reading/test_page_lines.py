from dataclasses import replace

from ingestion.reading.page_layout import BROKEN, Line
from ingestion.reading.page_lines import (
    PageText,
    finished,
    join_over_pages,
    page_pieces,
    restored,
)
from ingestion.reading.pdf_tables import Table
from ingestion.reading.pieces import Piece

LEADING = 12.0


def line(text: str, y: float = 0) -> Line:
    return Line(text, 50, 50 + 5 * len(text), y, 10, first_word=5 * len(text.split(maxsplit=1)[0]))


def page(*texts: str) -> PageText:
    """Lines one below the other; an empty text is a gap."""
    lines = [line(text, 800 - n * LEADING) for n, text in enumerate(texts) if text]
    return PageText(lines, 1, leadings={10: LEADING})


def pieces(shown: PageText) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in page_pieces(shown)]


def test_wrapped_lines_are_one_paragraph() -> None:
    lines = [
        "This is a line as long as all of the others",
        "on the page, and it goes on until the sentence",
        "ends.",
    ]

    assert pieces(page(*lines)) == [("text", " ".join(lines))]


def test_gap_begins_a_paragraph() -> None:
    first, second = "It ends here, at the full width of the page.", "Another line, as wide as the one above"

    assert [text for _, text in pieces(page(first, "", second))] == [first, second]


def test_line_that_stops_short_ends_a_paragraph() -> None:
    lines = [
        "This line is as long as all of the others are",
        "It stops.",
        "Here another long line begins a new paragraph",
    ]

    assert [text for _, text in pieces(page(*lines))] == [" ".join(lines[:2]), lines[2]]


def test_sentence_goes_on_after_a_short_line() -> None:
    lines = ["Somebody left a rather wide", "empty", "space at the end of one of these lines here"]

    assert pieces(page(*lines)) == [("text", " ".join(lines))]


def test_bullets_are_a_list_with_their_continuations() -> None:
    shown = page(
        "Bring these along with you please:",
        "• a pen of the sort that still",
        "writes",
        "• some paper",
        "2. ink",
    )

    assert pieces(shown)[1] == ("list", "- a pen of the sort that still writes\n- some paper\n2. ink")


def test_number_that_a_line_happens_to_begin_with_is_no_item() -> None:
    lines = [
        "All unused days of leave must be taken by June",
        "30. Those who were ill may take them in July.",
    ]

    assert pieces(page(*lines)) == [("text", " ".join(lines))]


def test_word_starting_with_a_bullet_letter_is_no_item() -> None:
    assert pieces(page("Contoso Financial Analytics")) == [("text", "Contoso Financial Analytics")]


def test_headings_and_tables_stand_where_they_were_found() -> None:
    shown = page("A long", "heading", "Some text.", "City Limit", "London 185", "More text.")
    table = Table(3, 2, "| City | Limit |")

    assert pieces(replace(shown, headings={0: (2, 1)}, tables={3: table})) == [
        ("heading", "A long heading"),
        ("text", "Some text."),
        ("table", "| City | Limit |"),
        ("text", "More text."),
    ]


def test_sentence_cut_by_a_page_is_whole_where_it_begins() -> None:
    cut = [Piece("text", "One. It goes", 1), Piece("text", "on here. Two.", 2), Piece("text", "Three.", 2)]

    assert list(join_over_pages(cut)) == [
        Piece("text", "One. It goes on here.", 1),
        Piece("text", "Two.", 2),
        Piece("text", "Three.", 2),
    ]


def test_new_sentence_stays_on_its_page() -> None:
    apart = [Piece("text", "One.", 1), Piece("text", "two begins small.", 2), Piece("heading", "End", 3)]

    assert list(join_over_pages(apart)) == apart


def test_words_broken_at_a_line_end_are_joined_as_the_document_writes_them() -> None:
    words = frozenset({"in-network", "cutting", "edge"})

    assert restored("in\x02network", words) == "in-network"
    assert restored("cutting\x02edge", words) == "cutting-edge"
    assert restored("adip\x02iscing", words) == "adipiscing"
    assert restored("out-of\x02area and one\x02size-fits-all", words) == "out-of-area and one-size-fits-all"


def test_broken_word_is_whole_in_its_paragraph() -> None:
    shown = page(f"A word that was too long for the line was hy{BROKEN}", "phenated by the printer of it.")

    (piece,) = page_pieces(shown)

    assert "was hyphenated by" in finished(piece, frozenset()).text
