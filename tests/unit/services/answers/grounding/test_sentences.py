import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.answers.grounding.sentences import (
    SentenceBuffer,
    join_sentences,
    split_sentences,
    without_marker,
)


def texts(text):
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("See e.g. the handbook. Then ask.", ["See e.g. the handbook.", "Then ask."]),
        ("Dr. Smith wrote No. 5. It is short.", ["Dr. Smith wrote No. 5.", "It is short."]),
        ("A 3.5 mm plug fits. Use v2.1.3 only.", ["A 3.5 mm plug fits.", "Use v2.1.3 only."]),
        ("Das gilt z. B. für Reisen. Mehr nicht.", ["Das gilt z. B. für Reisen.", "Mehr nicht."]),
        ("Am 3. März 2025 beginnt es. Im 2. Quartal endet es.", None),
        ("Die Frist endet am 30. April. Danach gilt Nr. 7.", None),
        ("Ask J. K. Rowling. She knows.", ["Ask J. K. Rowling.", "She knows."]),
        ("The limit is 30. The rest lapses.", ["The limit is 30.", "The rest lapses."]),
        ("Open https://a.example/x.y?z=1. Sign in.", ["Open https://a.example/x.y?z=1.", "Sign in."]),
        ("Plan B. The other one.", ["Plan B.", "The other one."]),
        ("It costs 1.200,50 Euro. Das ist viel.", ["It costs 1.200,50 Euro.", "Das ist viel."]),
        ("He asked “Why?” and left. Nobody knew.", ["He asked “Why?” and left.", "Nobody knew."]),
        ("It is late (very late.) Go home.", ["It is late (very late.)", "Go home."]),
        ("Pay 30 days. [1] Then stop. [2, 3]", ["Pay 30 days. [1]", "Then stop. [2, 3]"]),
        ("Open at 9 a.m. on Monday. Close at 5 p.m. Then rest.", None),
        ("Wait ... and see. Done.", ["Wait ... and see.", "Done."]),
    ],
)
def test_prose_splits_at_its_sentence_ends(text, expected):
    count = 2 if expected is None else len(expected)
    found = texts(text)
    assert found == expected if expected else len(found) >= count


def test_german_ordinals_do_not_end_a_sentence():
    assert len(texts("Am 3. März 2025 beginnt es. Im 2. Quartal endet es.")) == 2
    assert len(texts("Die Frist endet am 30. April. Danach gilt Nr. 7.")) == 2


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("# Title\nText here.", ["heading", "prose"]),
        ("Bring:\n- a passport\n- two photos", ["prose", "item", "item"]),
        ("1. Open the valve.\n2. Close it.", ["item", "item"]),
        ("| City | Limit |\n| --- | --- |\n| London | £185 |", ["row", "row", "row"]),
        ("Run:\n```\na = 1\n\nb. c\n```\nDone.", ["prose", "code", "prose"]),
        ("One paragraph without a stop\n\nAnother", ["prose", "prose"]),
    ],
)
def test_lines_with_a_form_of_their_own_are_sentences(text, kinds):
    assert [sentence.kind for sentence in split_sentences(text)] == kinds


def test_a_soft_wrap_does_not_end_a_sentence():
    text = "Employees who have worked for more than a year at the\ncompany get thirty days. They\ncarry five."
    assert len(texts(text)) == 2


def test_borderless_rows_end_at_their_line():
    assert len(texts("Standard plan   30 days\nPremium plan   45 days\n")) == 2


def test_offsets_are_exact():
    text = "  # A\n\nFirst one.  Second\r\none goes on.\n\n| a | b |\n- x\n"
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text


def test_a_marker_is_not_part_of_the_words():
    assert without_marker("- a passport") == "a passport"
    assert without_marker("12. Open it") == "Open it"
    assert without_marker("## Title") == "Title"
    assert without_marker("Plain") == "Plain"


def test_joining_keeps_lines():
    assert join_sentences(["Bring:", "- a", "- b", "Done."]) == "Bring:\n- a\n- b Done."


PIECES = st.lists(
    st.sampled_from(
        [
            "Dr. ",
            "One. ",
            "two",
            " ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "| a |",
            "# ",
            "```",
            "3.5",
            "z. B. ",
            "[1]",
            "?",
            "!",
            "The ",
            "März ",
            "...",
            '"',
            ")",
            "U.S. ",
            "word ",
            "No. ",
            "5",
            ":",
            "\t",
            "am 3. ",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(PIECES | st.text(max_size=60), st.data())
def test_any_split_of_a_stream_yields_the_same_sentences(text, data):
    buffer, found, position = SentenceBuffer(), [], 0
    while position < len(text):
        step = data.draw(st.integers(1, 9))
        found += buffer.feed(text[position : position + step])
        position += step
    assert found + buffer.finish() == texts(text)


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_nothing_but_white_space_lies_between_sentences(text):
    position = 0
    for sentence in split_sentences(text):
        assert not text[position : sentence.start].strip()
        position = sentence.end
    assert not text[position:].strip()


def test_a_sentence_leaves_as_soon_as_the_next_word_is_known():
    buffer = SentenceBuffer()
    assert buffer.feed("The limit is 30 days.") == []
    assert buffer.feed(" It") == []
    assert buffer.feed(" is") == ["The limit is 30 days."]
