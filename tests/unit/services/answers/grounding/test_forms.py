"""Sentences that are wrong as sentences."""

from services.answers import grounding
from services.passages import Passage

ROUND = "The final bill passed to the monarch is the final bill passed to the monarch."


def check(sentence, question, text):
    passage = Passage("1" * 64, "v", "d", "c", "law.pdf", text, 0, len(text), 1.0)
    return grounding.check(
        sentence, grounding.index_passages([passage], question), grounding.GroundingThresholds()
    )


def test_a_sentence_that_goes_round_is_not_supported():
    said = check(
        ROUND, "Why is the bill passed?", "The final bill is passed to the monarch for royal assent."
    )
    assert (said.is_supported, said.reason) == (False, "it says the same twice")


def test_what_the_source_itself_says_twice_is():
    assert check(ROUND, "Why is the bill passed to the monarch?", ROUND).reason != "it says the same twice"


def test_a_question_with_words_filled_in_is_no_answer():
    said = check(
        "The structures built by the council typical of were the tall towers.",
        "What were the structures built by the council typical of?",
        "The tall towers were built by the council.",
    )
    assert said.reason == "it is the question with words filled in"


def test_a_sentence_with_such_words_that_the_source_has_is_left_alone():
    text = "What the towers are made of is concrete."
    assert check(text, "What are the towers made of?", text).is_supported


def test_that_there_is_an_explanation_is_no_explanation():
    said = check(
        "The documents provide a detailed explanation of how overtime is compensated.",
        "How is overtime compensated?",
        "This section describes how overtime is compensated. Overtime is paid or taken as time off.",
    )
    assert said.reason == "it only repeats the question"
