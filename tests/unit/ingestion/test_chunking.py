import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.blocks import Block, ParsedDocument
from ingestion.chunking import assemble, chunk_document
from services.passages import Chunk

WINDOW = 40


def count_words(texts: Sequence[str]) -> list[int]:
    return [2 + len(re.findall(r"\w|[^\w\s]", text)) // 3 for text in texts]


def chunks_of(*blocks: Block, window: int = WINDOW) -> tuple[Chunk, ...]:
    return chunk_document(ParsedDocument(blocks), count_words, window)[1]


def heading(text: str, *path: str, page: int | None = None) -> Block:
    return Block("heading", text, page, (*path, text))


def table(rows: int) -> str:
    return "\n".join(["| name | value |", "| --- | --- |", *(f"| row {n} | {n * 7} |" for n in range(rows))])


def test_small_paragraphs_under_one_heading_share_a_chunk() -> None:
    chunks = chunks_of(
        heading("Leave"), Block("text", "One.", 1, ("Leave",)), Block("text", "Two.", 2, ("Leave",))
    )

    assert [chunk.text for chunk in chunks] == ["Leave\n\nOne.\n\nTwo."]
    assert (chunks[0].first_page, chunks[0].last_page) == (1, 2)


def test_text_under_another_heading_starts_a_chunk() -> None:
    chunks = chunks_of(
        heading("A"), Block("text", "One.", None, ("A",)), heading("B"), Block("text", "Two.", None, ("B",))
    )

    assert [(chunk.heading_path, chunk.text) for chunk in chunks] == [
        (("A",), "A\n\nOne."),
        (("B",), "B\n\nTwo."),
    ]


def test_headings_in_a_row_lead_the_text_below_them() -> None:
    chunks = chunks_of(heading("A"), heading("B", "A"), Block("text", "Two.", None, ("A", "B")))

    assert [chunk.text for chunk in chunks] == ["A\n\nB\n\nTwo."]
    assert chunks[0].embedded_text == "A\n\nB\n\nTwo."


def test_later_chunk_of_a_section_names_its_headings() -> None:
    sentences = " ".join(f"This is sentence number {n} of a long paragraph." for n in range(12))
    chunks = chunks_of(heading("A"), heading("B", "A"), Block("text", sentences, None, ("A", "B")))

    assert len(chunks) > 1
    assert chunks[1].embedded_text.startswith("A > B\n")
    assert all(chunk.text.endswith(".") for chunk in chunks)


def test_table_that_fits_stays_whole() -> None:
    chunks = chunks_of(Block("table", table(3)))

    assert [chunk.text for chunk in chunks] == [table(3)]
    assert chunks[0].kind == "table"


def test_parts_of_a_long_table_carry_the_header_row() -> None:
    chunks = chunks_of(Block("table", table(40)))

    assert len(chunks) > 2
    assert chunks[0].prefix == ""
    assert {chunk.prefix for chunk in chunks[1:]} == {"| name | value |\n| --- | --- |"}
    assert all(chunk.embedded_text.startswith("| name | value |") for chunk in chunks)
    assert all(line.startswith("| row") for chunk in chunks[1:] for line in chunk.text.split("\n"))


def test_heading_path_longer_than_the_window_is_shortened() -> None:
    path = tuple(f"A rather long heading about matter number {n}" for n in range(6))
    (chunk,) = chunks_of(Block("text", "Short.", None, path))

    assert chunk.tokens <= WINDOW
    assert chunk.heading_path
    assert chunk.heading_path[-1] == path[-1]


def test_endless_word_is_cut_into_windows() -> None:
    chunks = chunks_of(Block("text", "x" * 5000))

    assert "".join(chunk.text for chunk in chunks) == "x" * 5000


def test_pages_span_their_blocks() -> None:
    stored = assemble(
        ParsedDocument((Block("text", "one", 1), Block("text", "two", 1), Block("text", "three", 3)))
    )

    assert stored.text == "one\n\ntwo\n\nthree"
    assert stored.pages == ((1, 0, 8), (3, 10, 15))
    assert [stored.text[start:end] for start, end in stored.blocks] == ["one", "two", "three"]


def test_document_without_blocks_has_no_chunks() -> None:
    assert chunks_of() == ()


def test_window_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        chunks_of(Block("text", "a"), window=3)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
prose = st.lists(words, min_size=1, max_size=40).map(" ".join)
tables = st.lists(st.lists(words, min_size=2, max_size=3), min_size=2, max_size=20).map(
    lambda rows: "\n".join(["| a | b |", "| --- | --- |", *("| " + " | ".join(row) + " |" for row in rows)])
)
pieces = st.one_of(
    st.tuples(st.just("heading"), words),
    st.tuples(st.sampled_from(["text", "list", "code"]), prose),
    st.tuples(st.just("table"), tables),
)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    blocks: list[Block] = []
    path: tuple[str, ...] = ()
    for number, (kind, text) in enumerate(draw(st.lists(pieces, max_size=12))):
        if kind == "heading":
            path = (*path[: draw(st.integers(0, 2))], text)
        blocks.append(Block(kind, text, number // 3 + 1, path))
    return ParsedDocument(tuple(block for block in blocks if block.text.strip()))


@settings(max_examples=200, deadline=None)
@given(documents(), st.integers(16, 80))
def test_every_character_is_in_a_chunk_that_fits_under_one_heading(
    parsed: ParsedDocument, window: int
) -> None:
    stored, chunks = chunk_document(parsed, count_words, window)

    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered or letter.isspace() for place, letter in enumerate(stored.text))
    assert all(stored.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(count_words([chunk.embedded_text])[0] == chunk.tokens <= window for chunk in chunks)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert not any(_crosses_heading(parsed, stored.blocks, chunk) for chunk in chunks)


def _crosses_heading(parsed: ParsedDocument, spans: Sequence[tuple[int, int]], chunk: Chunk) -> bool:
    """Whether a heading begins inside the chunk after text that is none."""
    inside = [
        block.kind == "heading"
        for block, (start, end) in zip(parsed.blocks, spans, strict=True)
        if start < chunk.end and end > chunk.start
    ]
    return any(later and not earlier for earlier, later in pairwise(inside))
