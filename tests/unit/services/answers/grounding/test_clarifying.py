"""Asked back only where a bare question has another answer under each of several headings."""

import pytest

from services.answers import grounding
from services.passages import Passage

LIMIT = "What is the limit?"
HOTEL = ("travel-policy.pdf", "Hotels", "The limit is 150 euro a night.")
GIFTS = ("code-of-conduct.pdf", "Presents", "The limit is 35 euro a year.")


def options(question, *rows, scores=(1.0, 0.9, 0.85, 0.8, 0.8, 0.8)):
    passages = [
        Passage(f"{place:064}", f"v{name}", f"d{name}", "c", name, text, 0, len(text), score, (heading,))
        for place, ((name, heading, text), score) in enumerate(zip(rows, scores, strict=False))
    ]
    return grounding.find_options(grounding.index_passages(passages, question))


def test_each_thing_is_offered_with_a_question_of_its_own():
    found = options(LIMIT, HOTEL, GIFTS)
    assert [one.label for one in found] == ["Hotels", "Presents"]
    assert found[0].question == "What is the limit? (Hotels)"
    asked = grounding.question_back(found, LIMIT)
    assert asked == "This may mean several things. Which one do you mean: “Hotels” or “Presents”?"


def test_the_chosen_question_is_clear():
    chosen = options(LIMIT, HOTEL, GIFTS)[0].question
    assert options(chosen, HOTEL, GIFTS) == ()


def test_headings_that_are_alike_are_told_apart_by_their_documents():
    found = options(LIMIT, (HOTEL[0], "Limits", HOTEL[2]), (GIFTS[0], "Limits", GIFTS[2]))
    assert [one.label for one in found] == ["travel policy", "code of conduct"]


def test_at_most_four_are_offered():
    rows = [(f"{name}.pdf", name, f"The limit is {number} euro.") for number, name in enumerate(
        ["Hotels", "Meals", "Trains", "Flights", "Presents"], 11
    )]  # fmt: skip
    assert len(options(LIMIT, *rows)) == 4


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        pytest.param(LIMIT, [HOTEL], id="one thing"),
        pytest.param("What is the limit for a hotel?", [HOTEL, GIFTS], id="named in the question"),
        pytest.param("What is the highest hotel limit per night?", [HOTEL, GIFTS], id="many words"),
        pytest.param("What is the limit for 2024?", [HOTEL, GIFTS], id="a year"),
        pytest.param(LIMIT, [HOTEL, ("code.pdf", "Presents", "The limit is 150 euro a night.")], id="same"),
        pytest.param(LIMIT, [HOTEL, ("code.pdf", "Presents", "A limit applies.")], id="no figure"),
        pytest.param("Which limit is there?", [HOTEL, GIFTS], id="no fact asked for"),
        pytest.param(LIMIT, [("policy-2022.pdf", "Hotels", "The limit is 100 euro."),
                             ("policy-2023.pdf", "Hotels", "The limit is 110 euro.")], id="editions"),
    ],
)  # fmt: skip
def test_a_question_that_is_clear_enough_is_answered(question, rows):
    assert options(question, *rows) == ()


def test_a_source_that_fits_much_worse_is_no_rival():
    assert options(LIMIT, HOTEL, GIFTS, scores=(1.0, 0.5)) == ()


def test_it_asks_back_in_german():
    found = options(
        "Wie hoch ist die Grenze?",
        ("reise.pdf", "Hotels", "Die Grenze ist 150 Euro je Nacht."),
        ("kodex.pdf", "Geschenke", "Die Grenze ist 35 Euro im Jahr."),
    )
    assert grounding.question_back(found, "Wie hoch ist die Grenze?").startswith(
        "Das kann Verschiedenes meinen."
    )
