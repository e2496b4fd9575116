from dataclasses import replace

import pytest

from services import errors
from services.evaluation import comparison
from tests.unit.services.evaluation.gold import GOLD, outcome, result

WRONG = "It takes 3 days."


def answers(*texts):
    return result(*(outcome(replace(GOLD, id=f"q{at}"), text=text) for at, text in enumerate(texts)))


def said(first, second, name="answer_right"):
    found = comparison.compare(first, second)
    return next(one for one in found.differences if one.measure.name == name)


def test_a_clear_loss_is_worse_and_a_clear_gain_better():
    right, wrong = answers(*["9 weeks"] * 20), answers(*[WRONG] * 18, *["9 weeks"] * 2)
    lost = said(right, wrong)
    assert (lost.said, lost.first, lost.second, lost.pairs) == ("worse", 1.0, 0.1, 20)
    assert lost.low <= lost.gain <= lost.high < 0
    assert said(wrong, right).said == "better"


def test_where_less_is_better_a_rise_is_worse():
    refusing = result(*(outcome(replace(GOLD, id=f"q{at}"), kind="refused") for at in range(20)))
    assert said(answers(*["9 weeks"] * 20), refusing, "wrong_refusals").said == "worse"


def test_chance_is_no_difference():
    first = answers(*["9 weeks"] * 10, *[WRONG] * 10)
    second = answers(*["9 weeks"] * 9, WRONG, "9 weeks", *[WRONG] * 9)
    found = said(first, second)
    assert found.said == "no difference shown"
    assert found.low < 0 < found.high
    assert said(first, first).said == "no difference shown"


def test_a_handful_shows_nothing():
    assert said(answers(*["9 weeks"] * 9), answers(*[WRONG] * 9)).said == "too few questions"


def test_questions_are_paired_by_their_wording_too():
    first = answers("9 weeks", "9 weeks")
    second = result(outcome(replace(GOLD, id="q0")), outcome(replace(GOLD, id="q1", question="Other?")))
    found = comparison.compare(first, second)
    assert (len(found.pairs), found.is_whole) == (1, False)
    with pytest.raises(errors.InvalidRequest, match="in common"):
        comparison.compare(first, result(outcome(replace(GOLD, id="z"))))


def test_the_gravest_loss_comes_first():
    found = comparison.compare(
        answers("9 weeks", "9 weeks", "9 weeks"), answers("9 weeks now", WRONG, "9 weeks")
    )
    assert [pair[0].id for pair in found.changed] == ["q1", "q0"]


def test_the_same_comparison_says_the_same_again():
    first, second = answers(*["9 weeks", WRONG] * 8), answers(*["9 weeks"] * 16)
    assert said(first, second) == said(first, second)
