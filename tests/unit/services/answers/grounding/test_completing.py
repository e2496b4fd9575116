"""What leaves with, after and instead of a small model's sentences."""

from services.answers import grounding
from services.answers.grounding import questions
from services.passages import Passage
from tests.handbook_passages import handbook

WIDE = "How are visitors protected on the site?"
THIN = "Visitors on the site are protected by rules."
BEST = "Visitors are protected on the site by a helmet, a vest and a guide who stays with them."
OTHER = "The site has a gate for visitors."


def passage(number, text):
    return Passage(f"{number:064}", f"v{number}", f"d{number}", "c", f"{number}.pdf", text, 0, len(text), 1.0)


def answered(said, question, passages):
    draft = grounding.AnswerDraft(grounding.index_passages(passages, question))
    draft.feed(said)
    draft.finish()
    return draft.answer()


def shown(said, question, passages):
    return [(one.status, one.text) for one in answered(said, question, passages).sentences]


def test_the_best_quotation_follows_a_short_answer_to_a_wide_question():
    found = shown(THIN, WIDE, [passage(2, BEST), passage(1, THIN)])
    assert found == [("supported", THIN), ("quoted", BEST)]


def test_an_answer_that_rests_on_the_best_source_stands_alone():
    assert shown(BEST, WIDE, [passage(1, BEST), passage(2, OTHER)]) == [("supported", BEST)]


def test_nothing_follows_where_a_fact_is_asked_for():
    said = "Visitors wait 10 minutes at the gate."
    rival = "At the gate visitors wait 10 minutes in the rain."
    assert shown(said, "How long do visitors wait at the gate?", [passage(1, rival), passage(2, said)]) == [
        ("supported", said)
    ]


def test_a_lead_in_without_its_list_gives_way_to_both():
    found = shown("The following are needed:", "What is needed for the badge?", handbook())
    assert found == [
        ("quoted", "The following are needed:"),
        ("quoted", "- a passport"),
        ("quoted", "- two photographs"),
    ]


def test_a_lead_in_leaves_with_its_list():
    said = "The following are needed:\n- a passport\n- two photographs"
    statuses = [status for status, _ in shown(said, "What must I bring for a badge?", handbook())]
    assert statuses == ["supported"] * 3


def test_a_first_sentence_that_points_at_nothing_is_held_back():
    said = "This includes a helmet and a vest."
    source = "Visitors are protected on the site. This includes a helmet and a vest."
    found = shown(said, WIDE, [passage(1, source)])
    assert ("supported", said) not in found
    assert found[0] == ("quoted", "Visitors are protected on the site.")


def test_the_sources_other_sentences_do_not_follow_a_fact():
    question = "How long do visitors wait at the gate?"
    said = ["Visitors wait 10 minutes at the gate.", "Visitors at the gate wear a vest.",
            "The canteen opens at noon.", "Bicycles are kept in the cellar."]  # fmt: skip
    answer = answered(" ".join(said), question, [passage(1, " ".join(said))])
    assert [one.text for one in answer.sentences] == said[:2]
    assert len(answer.dropped) == 2


def test_each_of_two_questions_in_one_is_quoted():
    question = "What do visitors wear on the site and what does the canteen serve to guests?"
    canteen = "The canteen serves soup and bread to guests."
    wear = "On the site visitors wear a helmet."
    assert {text for _, text in shown("", question, [passage(1, wear), passage(2, canteen)])} == {
        wear,
        canteen,
    }


def test_the_models_own_label_of_a_source_is_not_shown():
    assert shown(f"The source 1: {BEST}", WIDE, [passage(1, BEST)]) == [("supported", BEST)]


def test_a_question_that_is_a_whole_form_is_not_taken_apart():
    one = "how many days of annual leave are there"
    two = "what does the gym cost"
    asked = " and ".join([one, two] * 100) + "?"
    assert len(questions.parts(questions.read(f"{one} and {two}?"))) == 2
    assert len(questions.parts(questions.read(asked))) == 2, "the same asked again is asked once"
    many = " and ".join(f"what does thing{number} number{number} cost" for number in range(200)) + "?"
    assert questions.parts(questions.read(many)) == ()
