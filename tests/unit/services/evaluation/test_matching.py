import pytest

from services.evaluation import matching


@pytest.mark.parametrize(
    ("sentence", "answer", "is_given"),
    [
        ("It takes 9 weeks.", "9 weeks", True),
        ("It takes nine weeks.", "9 weeks", True),
        ("It takes 19 weeks.", "9 weeks", False),
        ("Gareth Pym of Sales approves it.", "Gareth Pym", True),
        ("Gareth of Sales approves it.", "Gareth Pym", False),
    ],
)
def test_a_span_is_given_only_with_its_numbers_and_names(sentence, answer, is_given):
    assert matching.gives(sentence, [answer]) is is_given


def test_f1_counts_what_is_said_too_much():
    assert matching.answer_f1("9 weeks", ["9 weeks"]) == 1.0
    assert matching.answer_f1("the 9 weeks", ["9 weeks"]) == 1.0
    assert matching.answer_f1("It takes 9 weeks", ["9 weeks"]) == pytest.approx(2 / 3)
    assert matching.answer_f1("", ["the"]) == 0.0


def test_exact_is_the_whole_text():
    assert matching.is_exact("The 9 weeks.", ["9 weeks"])
    assert not matching.is_exact("It takes 9 weeks.", ["9 weeks"])
