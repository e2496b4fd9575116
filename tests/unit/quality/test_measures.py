import math

import pytest

from services.evaluation.judge import Verdict
from services.evaluation.leaks import Probe
from services.evaluation.outcomes import Outcome
from services.evaluation.sets import Question
from services.evaluation.wire import Event, Exchange
from tests.quality import measures

GOLD = Question(
    id="q1",
    question="How long is the lead time?",
    asker="ben",
    answerable=True,
    key_facts=("9 weeks",),
    document="list.pdf",
    pages=(2,),
    support="The lead time is 9 weeks. It may vary.",
)
NO_ANSWER = Question(id="q2", question="Why?", asker="ben", answerable=False)


def passage(text, document="list.pdf"):
    return {"document_name": document, "text": text, "page": 2, "score": 1.0}


def outcome(
    question=GOLD,
    kind="generated",
    text="It takes 9 weeks. [1]",
    page=2,
    *,
    passages=(),
    verdicts=(),
    **answer,
):
    citation = {
        "document_id": "d",
        "document_name": "list.pdf",
        "page": page,
        "quote": "",
        "start": 0,
        "end": 0,
    }
    sentence = {"text": text, "status": "supported", "citations": [citation]}
    events = [] if kind == "refused" else [Event("sentence", sentence, 1.5)]
    events = [
        Event("question", {}, 0.1),
        *events,
        Event("answer", {"kind": kind, "text": text} | answer, 2.0),
    ]
    return Outcome(question, passages, Exchange(200, b"", 2.0, tuple(events)), verdicts)


def test_a_hit_needs_every_piece_of_the_support_in_the_gold_document():
    both = [passage("The lead time is 9 weeks."), passage("It may vary.")]
    assert outcome(passages=both).is_hit
    assert not outcome(passages=both[:1]).is_hit
    assert not outcome(passages=[passage(one["text"], "other.pdf") for one in both]).is_hit
    assert not outcome(passages=[passage("no")] * 5 + both).is_hit


def test_page_exact_is_the_gold_page_and_the_gold_document():
    assert outcome(page=2).is_page_exact
    assert not outcome(page=3).is_page_exact


@pytest.mark.parametrize(("kind", "is_correct"), [("generated", True), ("quoted", True), ("refused", False)])
def test_only_an_answer_can_be_correct(kind, is_correct):
    assert outcome(kind=kind).is_correct is is_correct


def test_an_answer_without_the_key_fact_is_not_correct():
    assert not outcome(text="It takes 8 weeks.").is_correct


def test_the_figures_carry_their_denominators():
    bad = Verdict("x", "supported", ("no citation",))
    outcomes = [
        outcome(verdicts=[bad, Verdict("y", "supported", ())]),
        outcome(kind="refused", text="no"),
        outcome(NO_ANSWER, kind="refused", text="no"),
        outcome(NO_ANSWER),
    ]
    probes = [Probe("q1", "tom", "search", 200, leaked=False), Probe("q1", "tom", "answer", 200, leaked=True)]
    found = {row.name: (row.value, row.detail) for row in measures.quality(outcomes, probes)}
    assert found["golden_hit_at_5"] == (0.0, "0 of 2")
    assert found["golden_page_exact"] == (1.0, "1 of 1")
    assert found["golden_page_exact_of_all"] == (0.5, "1 of 2")
    assert found["golden_refused_unanswerable"] == (0.5, "1 of 2")
    assert found["golden_wrong_refusals"] == (0.5, "1 of 2")
    assert found["permission_leaks"] == (1, "of 2 probes")
    assert found["unsupported_reached_reader"] == (1, "of 2 sentences")


def test_zero_leaks_of_no_probes_is_no_measurement():
    found = {row.name: row for row in measures.quality([outcome()], [])}
    assert math.isnan(found["permission_leaks"].value)
    assert found["permission_leaks"].meets_target is None


def test_a_broken_stream_is_a_failure_not_a_refusal():
    broken = Outcome(GOLD, (), Exchange(503, b"", 1.0))
    found = {row.name: row.value for row in measures.quality([broken], [])}
    assert (found["golden_failed"], found["golden_wrong_refusals"]) == (1, 0.0)


def test_speed_is_what_the_reader_saw():
    rows = {
        row.name: row
        for row in measures.speed([outcome(timings={"first_token": 900.0}), outcome(kind="refused")])
    }
    assert rows["golden_first_sentence_s"].value == 1.5
    assert rows["golden_first_token_s"].value == 0.9
    assert rows["golden_total_s"].detail == "median; p95 2.00 s of 2"


def test_a_percentile_is_one_of_the_values():
    assert measures.percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert measures.percentile(list(map(float, range(1, 101))), 0.95) == 95.0
