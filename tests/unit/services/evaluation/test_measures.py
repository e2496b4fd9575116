from dataclasses import replace

import pytest

from services.evaluation import measures
from services.evaluation.judge import Verdict
from services.evaluation.leaks import Probe
from services.evaluation.measures import BY_NAME
from services.evaluation.outcomes import Outcome, faults
from services.evaluation.sets import Question
from services.evaluation.wire import Exchange
from tests.unit.services.evaluation.gold import GOLD, NO_ANSWER, outcome, passage

OTHER = passage(document="other.pdf")
TWO_PIECES = replace(GOLD, support="It takes 9 weeks. It may vary.")


def score(name, given, **more):
    return measures.scores_of(given, **more)[name]


@pytest.mark.parametrize(
    ("found", "hit", "ndcg"),
    [
        ([passage()], 1.0, 1.0),
        ([OTHER, passage()], 1.0, pytest.approx(0.6309, abs=1e-4)),
        ([OTHER] * 5 + [passage()], 0.0, pytest.approx(0.3562, abs=1e-4)),
        ([OTHER] * 10 + [passage()], 0.0, 0.0),
        ([passage(page=3)], 0.0, 0.0),
        ([], 0.0, 0.0),
    ],
)
def test_the_search_is_measured_by_gold_pages(found, hit, ndcg):
    given = outcome(of_it=found)
    assert (score("hit_at_5", given), score("ndcg_at_10", given)) == (hit, ndcg)


def test_every_piece_of_the_support_has_to_be_found():
    first, second = passage("It takes 9 weeks."), passage("It may vary.")
    assert score("hit_at_5", outcome(TWO_PIECES, of_it=[first])) == 0.0
    assert score("hit_at_5", outcome(TWO_PIECES, of_it=[first, second])) == 1.0
    assert score("ndcg_at_10", outcome(TWO_PIECES, of_it=[first])) == 0.5
    assert score("ndcg_at_10", outcome(TWO_PIECES, of_it=[passage("It takes 9 weeks. It may vary.")])) == 1.0


def test_a_right_answer_with_its_page():
    given = outcome()
    assert (score("answer_right", given), score("page_exact", given)) == (1.0, 1.0)
    assert score("answer_f1", given) == pytest.approx(2 / 3)
    assert (score("wrong_refusals", given), score("right_refusals", given)) == (0.0, None)


def test_a_refusal_has_no_page_and_is_not_right():
    given = outcome(kind="refused", text="9 weeks is not what I say")
    assert (score("answer_right", given), score("answer_f1", given)) == (0.0, 0.0)
    assert (score("page_exact", given), score("wrong_refusals", given)) == (None, 1.0)


def test_a_question_without_an_answer_is_measured_by_its_refusal():
    given = outcome(NO_ANSWER, kind="refused", text="no")
    assert score("right_refusals", given) == 1.0
    assert all(score(name, given) is None for name in ("answer_right", "wrong_refusals", "hit_at_5"))


def test_support_and_leaks_are_counted_where_somebody_looked():
    bad, good = Verdict("x", "supported", ("no citation",)), Verdict("y", "supported", ())
    probes = [Probe("q1", "tom", "search", 200, leaked=True), Probe("q1", "tom", "answer", 200, leaked=False)]
    given = replace(outcome(), verdicts=[bad, good], probes=probes)
    assert (score("support_precision", given), score("unsupported_sentences", given)) == (0.5, 1.0)
    assert score("permission_leaks", given) == 1.0
    assert (score("support_precision", outcome()), score("permission_leaks", outcome())) == (None, None)
    assert faults(given)[0] == "leaked to tom through search"


def test_speed_and_cost_are_of_the_answer():
    told = {"timings": {"first_token": 500.0, "model": 1500.0}, "usage": {"completion_tokens": 11}}
    given = outcome(**told)
    assert (score("first_token_s", given), score("tokens_per_s", given)) == (0.5, 10.0)
    assert (score("first_sentence_s", given), score("total_s", given)) == (1.5, 2.0)
    assert score("cost_per_answer", given, cost_per_hour=1800.0) == 1.0
    assert "cost_per_answer" not in measures.scores_of(given)


def test_what_broke_off_is_failed_and_nothing_else():
    given = Outcome(GOLD, (), Exchange(503, b"", 1.0))
    assert (score("failed", given), score("wrong_refusals", given), score("total_s", given)) == (
        1.0,
        0.0,
        None,
    )


def test_a_total_leaves_out_what_says_nothing():
    assert measures.total(BY_NAME["page_exact"], [1.0, None, 0.0]) == (0.5, 2)
    assert measures.total(BY_NAME["total_s"], [1.0, 2.0, 9.0]) == (2.0, 3)
    assert measures.total(BY_NAME["permission_leaks"], [2.0, 1.0]) == (3.0, 2)
    assert measures.total(BY_NAME["page_exact"], [None]) == (None, 0)


def test_key_facts_decide_where_they_are_given():
    gold = Question("q", "How long?", answers=("9 weeks",), key_facts=("9 weeks", "in writing"))
    assert not outcome(gold).is_correct
    assert outcome(gold, text="9 weeks, in writing.").is_correct


def test_a_gold_answer_of_two_sentences_is_right_when_both_are_said():
    gold = replace(GOLD, answers=("It takes 9 weeks. Orders above 4 pumps take 12.",))
    first, second = (
        outcome(gold, text=text) for text in ("It takes 9 weeks.", "Orders above 4 pumps take 12.")
    )
    both = replace(
        first, exchange=replace(first.exchange, events=(*second.exchange.events[:1], *first.exchange.events))
    )
    assert not first.is_correct
    assert both.is_correct
