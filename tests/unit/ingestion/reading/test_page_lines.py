from ingestion.reading.page_lines import (
    Headings,
    drop_edges_outside,
    drop_running_lines,
    page_pieces,
    restore_line,
    squeezed,
)

NONE = Headings([])


def texts(lines: list[str], headings: Headings = NONE) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in page_pieces(lines, 1, headings)]


def test_wrapped_lines_are_one_paragraph() -> None:
    lines = [
        "This is a line as long as all of the others",
        "on the page, and it goes on until the sentence",
        "ends.",
    ]

    assert texts(lines) == [("text", " ".join(lines))]


def test_short_line_ends_a_paragraph() -> None:
    lines = [
        "This line is as long as all of the others are",
        "It stops.",
        "Here another long line begins a paragraph",
    ]

    assert [text for _, text in texts(lines)] == [" ".join(lines[:2]), lines[2]]


def test_bullets_are_a_list_with_their_continuations() -> None:
    lines = [
        "Bring these along with you please:",
        "• a pen of the sort that still",
        "writes",
        "• some paper",
        "2. ink",
    ]

    assert texts(lines)[1] == ("list", "- a pen of the sort that still writes\n- some paper\n2. ink")


def test_word_starting_with_a_bullet_letter_is_no_item() -> None:
    assert texts(["Contoso Financial Analytics"]) == [("text", "Contoso Financial Analytics")]


def test_heading_over_two_lines_is_found() -> None:
    headings = Headings([(1, "A long\nheading here", 2)])

    assert texts(["A long ", "heading here", "and then the text."], headings) == [
        ("heading", "A long heading here"),
        ("text", "and then the text."),
    ]


def test_sentence_is_no_heading() -> None:
    assert Headings([(1, "This is a sentence.", 1)]).match(["This is a sentence."], 1) == (0, 0)


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [[f"Contoso travel policy {n}", f"Body of page {n} is here", f"{n}"] for n in range(4, 12)]

    assert drop_running_lines(pages) == [[f"Body of page {n} is here"] for n in range(4, 12)]


def test_rows_that_differ_only_in_numbers_stay() -> None:
    pages = [["07/17/2015", f"{n * 37}", f"Total {n * 113}", "2,500", f"Sum {n * 5}"] for n in range(9)]

    assert drop_running_lines(pages) == pages


def test_edge_lines_outside_the_structure_are_left_out_of_a_short_document() -> None:
    lines = ["I am a header", "Title", "A sentence.", "I am a footer"]

    assert drop_edges_outside(lines, squeezed("Title A sentence.")) == lines[1:3]
    assert drop_edges_outside(lines, squeezed("Title")) == lines


def test_broken_words_are_joined_as_the_document_writes_them() -> None:
    words = frozenset({"in-network", "cutting", "edge"})

    assert restore_line("in\x02network", words) == "in-network"
    assert restore_line("cutting\x02edge", words) == "cutting-edge"
    assert restore_line("adip\x02iscing", words) == "adipiscing"
