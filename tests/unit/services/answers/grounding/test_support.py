import pytest

from services.answers import grounding
from services.passages import Passage
from tests.handbook_passages import STORED, handbook

THRESHOLDS = grounding.GroundingThresholds()


def check(question, sentence, similarity=None):
    return grounding.check(sentence, grounding.index_passages(handbook(), question), THRESHOLDS, similarity)


LEAVE = "How many days of paid leave do employees get?"
LAPSE = "When do unused days lapse?"
HOTEL = "What is the hotel limit per night in London?"
CODE = "What does HF-204 mean?"
CALL = "Who should I call?"
EMAIL = "Can requests be sent by e-mail?"


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (LEAVE, "Employees receive 25 days of paid leave per calendar year."),
        (LEAVE, "Employees get twenty-five days of paid leave each year."),
        (LEAVE, "25 days."),
        (LEAVE, "You get 25 days of leave [1]."),
        (LEAVE, "According to the handbook, employees get **25 days** of paid leave (source 1)."),
        (LEAVE, "- Employees receive 25 days of paid leave.<|im_end|>"),
        (LAPSE, "Unused days lapse on 2026-03-31 unless the head of department agrees."),
        (HOTEL, "The limit in London is £185 per night."),
        (HOTEL, "London: £185"),
        (CODE, "HF-204 means that the certificate has expired."),
        (CODE, "It means that the certificate has expired."),
        (CALL, "Call Anna Berger before 17:00 on working days."),
        (EMAIL, "No, requests must not be sent by e-mail."),
        ("What do I need for a badge?", "- two photographs"),
    ],
)
def test_what_a_source_states_is_supported(question, sentence):
    found = check(question, sentence)
    assert found.is_supported, found.reason


@pytest.mark.parametrize(
    ("question", "sentence", "reason"),
    [
        (LEAVE, "Employees receive 30 days of paid leave per calendar year.", "number 30"),
        (LEAVE, "Employees receive 25 weeks of paid leave.", "number 25 week"),
        (LEAVE, "30 days.", ""),
        (LEAVE, "Contractors receive 25 days of paid leave per calendar year.", ""),
        (LEAVE, "Employees do not receive 25 days of paid leave.", "deny"),
        (LEAVE, "Employees get paid leave days.", "repeats the question"),
        (LEAVE, "How many days of paid leave do employees get?", "question"),
        (LEAVE, "Employees receive 25 days of unpaid leave.", ""),
        (LAPSE, "Unused days lapse on 31 May 2026 unless the head of department agrees.", "date"),
        (LAPSE, "Unused days lapse on 31 March 2026.", "exception"),
        (LAPSE, "On 31 March 2027.", "date"),
        (HOTEL, "The limit in London is £140.", "number 140"),
        (HOTEL, "The limit per night in London is £42.", "column"),
        (HOTEL, "The limit in London is €185.", "number 185 EUR"),
        (CODE, "HF-204 means that the disk is full.", ""),
        (CODE, "It means that the disk is full.", "HF-204".lower()),
        (CALL, "Call Anna Schmidt before 5 p.m. on working days.", "Schmidt"),
        (CALL, "Call Anna Berger after 5 p.m. on working days.", "opposite"),
        (EMAIL, "Yes, requests can be sent by e-mail.", "denies"),
        (EMAIL, "Requests must be sent by e-mail.", "denies"),
        (EMAIL, "No.", "bare"),
        (EMAIL, "Penguins live on the southern half of the planet.", ""),
    ],
)
def test_what_no_source_states_is_not_supported(question, sentence, reason):
    found = check(question, sentence)
    assert not found.is_supported
    assert reason in found.reason


@pytest.mark.parametrize("sentence", ["Sure!", "Here is the answer:", "I hope this helps.", "---", "Hello."])
def test_courtesies_claim_nothing(sentence):
    assert check(LEAVE, sentence).verdict == "empty"


@pytest.mark.parametrize(
    "sentence",
    [
        "The documents do not say.",
        "The provided sources don't mention the pension.",
        "I cannot answer this from the sources.",
        "There is no information about the canteen.",
        "Die Dokumente enthalten dazu keine Angaben.",
        "Ich kann diese Frage nicht beantworten.",
    ],
)
def test_a_refusal_of_the_model_is_recognised(sentence):
    assert grounding.is_model_refusal(sentence)
    assert check(LEAVE, sentence).verdict == "refusal"


def test_a_denial_in_the_sources_is_no_refusal():
    assert not grounding.is_model_refusal("The plan does not cover dental care.")
    assert not grounding.is_model_refusal("Requests must not be sent by e-mail.")


def test_the_source_is_named_by_its_exact_place():
    found = check(LEAVE, "Employees receive 25 days of paid leave per year.")
    assert found.quote == "Employees receive 25 days of paid leave per calendar year."
    assert STORED[found.stored_start : found.stored_end] == found.quote
    assert found.page == 3


def test_what_a_reader_sees_has_no_marks_of_the_model():
    assert (
        check(LEAVE, "You get 25 days [1, 2] of leave (source 1).<|im_end|>").shown
        == "You get 25 days of leave."
    )


def test_a_close_meaning_eases_the_words_but_never_the_facts():
    reworded = "Every year staff can take off 25 days at full wage."
    assert not check(LEAVE, reworded).is_supported
    alike = grounding.GroundingThresholds(claim_recall_similar=0.2)
    index = grounding.index_passages(handbook(), LEAVE)

    def similarity(_, texts):
        return [0.95] * len(texts)

    assert grounding.check(reworded, index, alike, similarity).is_supported
    assert not grounding.check(reworded.replace("25", "26"), index, alike, similarity).is_supported


def test_code_is_supported_only_word_for_word():
    code = "Run:\n\n```\nsvc --restart all\n```"
    listing = Passage("k", "v", "d", "c", "runbook.md", code, 10, 10 + len(code), 1.0)
    index = grounding.index_passages([listing], "How do I restart?")
    assert grounding.check("```\nsvc --restart all\n```", index, THRESHOLDS).quote == "svc --restart all"
    assert not grounding.check("```\nsvc --restart some\n```", index, THRESHOLDS).is_supported


def test_german_is_checked_as_well():
    text = "Mitarbeitende erhalten 30 Urlaubstage im Jahr. Überstunden werden nicht ausgezahlt."
    source = Passage("k", "v", "d", "c", "handbuch.pdf", text, 0, len(text), 1.0)
    index = grounding.index_passages([source], "Wie viele Urlaubstage gibt es?")
    assert grounding.check("Mitarbeitende erhalten 30 Urlaubstage.", index, THRESHOLDS).is_supported
    assert not grounding.check("Mitarbeitende erhalten 28 Urlaubstage.", index, THRESHOLDS).is_supported
    assert not grounding.check("Überstunden werden ausgezahlt.", index, THRESHOLDS).is_supported


def test_a_source_of_another_year_is_no_source():
    def edition(year, value):
        text = f"The meal allowance is £{value} a day."
        name = f"travel-policy-{year}.pdf"
        return Passage(name, name, name, "c", name, text, 0, len(text), 1.0)

    index = grounding.index_passages(
        [edition(2024, 38), edition(2025, 42)], "What is the meal allowance in 2025?"
    )
    assert grounding.check("The meal allowance is £42 a day.", index, THRESHOLDS).is_supported
    assert not grounding.check("The meal allowance is £38 a day.", index, THRESHOLDS).is_supported


@pytest.mark.parametrize(("question", "sentence"), [(HOTEL, "£185"), (LEAVE, "The answer is: 25.")])
def test_a_bare_value_needs_its_row_its_column_or_its_unit(question, sentence):
    assert not check(question, sentence).is_supported
