"""Follow-up questions by rule, and which rewritings of a model are believed."""

import pytest

from services.answers import follow_ups
from services.answers.follow_ups import Turn

MEALS = Turn(
    "What is the meal allowance for the United Kingdom in 2025?",
    "The 2025 meal allowance for the United Kingdom is £42 a day.",
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And in 2024?", "What is the meal allowance for the United Kingdom in 2024?"),
        ("What about the Netherlands?", "What is the meal allowance for the Netherlands in 2025?"),
        ("And for Germany in 2023?", "What is the meal allowance for the Germany in 2023?"),
    ],
)
def test_a_year_or_a_name_is_put_in_the_place_of_the_last_one(question, expected):
    assert follow_ups.by_rule(question, [MEALS]) == expected
    assert not follow_ups.needs_model(question, [MEALS])


@pytest.mark.parametrize("question", ["Who approves it?", "And for managers?", "Why?", "Is that enough?"])
def test_other_follow_ups_take_the_question_before_along(question):
    found = follow_ups.by_rule(question, [Turn("How long may a sabbatical last?")])
    assert found.startswith(question.rstrip("?"))
    assert "sabbatical" in found


@pytest.mark.parametrize(
    "question",
    [
        "How many days of annual leave does a full-time employee get?",
        "Who is the head of the legal department?",
        "When does the canteen in building C serve lunch?",
        "Wie hoch ist die Kaution im Wohnheim am Kanal?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question):
    assert follow_ups.by_rule(question, [MEALS]) == question


def test_without_turns_nothing_leans_back():
    assert follow_ups.by_rule("And in 2024?", []) == "And in 2024?"


@pytest.mark.parametrize(
    ("written", "is_taken"),
    [
        ("How often is the meal allowance for the United Kingdom paid?", True),
        ("How often is it paid?", False),
        ("How often is the meal allowance for Japan paid?", False),
        ("How often is the £50 meal allowance paid?", False),
        ("The meal allowance is paid daily.", False),
        ("How often is the meal allowance for the United Kingdom paid?\nAnswer: daily?", False),
        ("", False),
    ],
)
def test_a_rewriting_is_taken_only_if_it_adds_nothing(written, is_taken):
    assert follow_ups.is_faithful(written, "How often is it paid?", [MEALS]) is is_taken
