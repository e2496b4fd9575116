import pytest

from services.answers import grounding
from services.answers.grounding import questions
from services.passages import Passage
from tests.handbook_passages import STORED, handbook

THRESHOLDS = grounding.GroundingThresholds()


def index(question):
    return grounding.index_passages(handbook(), question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many days of paid leave do employees get?", "Employees receive 25 days"),
        ("When do unused days lapse?", "Unused days lapse on 31 March 2026"),
        ("What does HF-301 mean?", "Error HF-301 means"),
        ("What is the limit per night in London?", "City: London; Limit per night: £185; Meals: £42"),
    ],
)
def test_the_sentence_that_answers_is_quoted(question, expected):
    quotes = grounding.quote(index(question), THRESHOLDS)
    assert quotes[0].text.startswith(expected)
    for quote in quotes:
        assert STORED[quote.stored_start : quote.stored_end] == quote.quote


def test_a_lead_in_is_quoted_with_its_list():
    quotes = grounding.quote(index("What is needed for a badge?"), THRESHOLDS)
    assert [quote.text for quote in quotes] == [
        "The following are needed:",
        "- a passport",
        "- two photographs",
    ]


@pytest.mark.parametrize(
    "question",
    ["What does HF-999 mean?", "Where do penguins sleep?", "What is the hotel limit in Kyoto per night?"],
)
def test_nothing_is_quoted_or_asked_for_what_the_sources_do_not_name(question):
    assert grounding.quote(index(question), THRESHOLDS) == []
    assert not grounding.can_answer(index(question), THRESHOLDS).is_answerable


def test_no_passages_answer_nothing():
    empty = grounding.index_passages([], "Anything?")
    assert not grounding.can_answer(empty, THRESHOLDS).is_answerable
    assert grounding.quote(empty, THRESHOLDS) == []


def test_a_near_meaning_makes_up_for_other_words():
    asked = index("Until what point can holidays be carried forward?")
    assert not grounding.can_answer(asked, THRESHOLDS, nearest=0.1).is_answerable
    assert grounding.can_answer(asked, THRESHOLDS, nearest=0.9).is_answerable


def test_an_abbreviated_name_is_known():
    text = "The allowance for the United Kingdom is £42 a day."
    found = grounding.index_passages(
        [Passage("k", "v", "d", "c", "travel.pdf", text, 0, len(text), 1.0)],
        "Which allowance applies in the UK?",
    )
    assert grounding.can_answer(found, THRESHOLDS).is_answerable


def test_rows_of_a_long_table_know_their_columns():
    head = "| code | price |\n| --- | --- |\n| A-1 | 10 |"
    rest = "| B-2 | 20 |\n| C-3 | 30 |"
    passages = [
        Passage(str(n), "v", "d", "c", "list.csv", text, 0, len(text), 1.0, kind="table")
        for n, text in enumerate([rest, head])
    ]
    quotes = grounding.quote(grounding.index_passages(passages, "price of C-3"), THRESHOLDS)
    assert [quote.text for quote in quotes] == ["code: C-3; price: 30"]


def test_a_row_knows_its_columns_from_the_chunk():
    row = "| C-3 | 30 |"
    chunk = Passage(
        "k", "v", "d", "c", "list.csv", row, 0, len(row), 1.0, prefix="| code | price |\n| --- | --- |"
    )
    quotes = grounding.quote(grounding.index_passages([chunk], "price of C-3"), THRESHOLDS)
    assert [quote.text for quote in quotes] == ["code: C-3; price: 30"]


def passage(name, text):
    return Passage(name, name, name, "handbook", f"{name}.md", text, 0, len(text), 1.0)


BADGES = [
    passage("badge", "A visitor badge opens the ground floor."),
    passage("desk", "The visitor badge is given out at the desk on 3 May."),
    passage("rules", "Whoever has a visitor badge is led through the building."),
    passage("other", "Trees grow in the yard."),
]


def test_an_open_question_gets_a_sentence_of_each_source_that_fits():
    quotes = grounding.quote(grounding.index_passages(BADGES, "What does a visitor badge do?"), THRESHOLDS)
    assert {quote.passage.chunk_id for quote in quotes} == {"badge", "desk", "rules"}


def test_a_date_that_is_asked_for_is_given_once():
    asked = grounding.index_passages(BADGES, "When is the visitor badge given out?")
    assert [quote.passage.chunk_id for quote in grounding.quote(asked, THRESHOLDS)] == ["desk"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the office open?", "date"),
        ("Do you know when the office opens?", "date"),
        ("Seit wann gilt das?", "date"),
        ("Who pays, and when?", "date"),
        ("What do I pay when using other doctors?", "any"),
    ],
)
def test_only_a_question_word_asks_for_a_date(question, expected):
    assert questions.read(question).expected == expected
