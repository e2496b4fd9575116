"""What is measured: one number for each question and measure, and what a whole set comes to.

A measure that says nothing about a question (a refusal has no citation to be exact) is None for it, so every
mean has its own denominator.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.evaluation import matching
from services.evaluation.outcomes import Outcome

DEPTH = 10
Score = float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """`how` many questions become one number; `higher` is whether more of it is better."""

    name: str
    title: str
    of: Callable[[Outcome], Score]
    how: Literal["mean", "median", "sum"] = "mean"
    unit: Literal["share", "s", "tokens/s", "count", "money"] = "share"
    higher: bool = True


def total(measure: Measure, scores: Iterable[Score]) -> tuple[Score, int]:
    """The set's value and the number of questions that it stands on; None where there is none."""
    counted = [score for score in scores if score is not None]
    if not counted:
        return None, 0
    ways: dict[str, Callable[[Sequence[float]], float]] = {
        "mean": statistics.fmean, "median": statistics.median, "sum": math.fsum,
    }  # fmt: skip
    return ways[measure.how](counted), len(counted)


def scores_of(outcome: Outcome, cost_per_hour: Score = None) -> dict[str, Score]:
    """Every measure of one question; `cost_per_hour` is what the machine costs while it answers alone."""
    found = {measure.name: measure.of(outcome) for measure in MEASURES}
    if cost_per_hour is not None and outcome.exchange.answer:
        found[COST] = outcome.exchange.total_s / 3600 * cost_per_hour
    return found


def _ndcg(outcome: Outcome) -> Score:
    """Mean over the gold pieces of 1 / log2(1 + rank of the first passage that brings it), 0 beyond ten."""
    if not outcome.wanted:
        return None
    ranks: dict[int, int] = {}
    for rank, brought in enumerate(outcome.relevant[:DEPTH], 1):
        ranks |= dict.fromkeys(brought - ranks.keys(), rank)
    return sum(1 / math.log2(1 + rank) for rank in ranks.values()) / outcome.wanted


def _hit(outcome: Outcome) -> Score:
    return float(outcome.is_hit) if outcome.wanted else None


def _page_exact(outcome: Outcome) -> Score:
    if not (outcome.exchange.is_answered and outcome.question.answerable and outcome.question.document):
        return None
    return float(outcome.is_page_exact)


def _support(outcome: Outcome) -> Score:
    judged = len(outcome.verdicts)
    return 1 - len(outcome.unsupported) / judged if judged else None


def _right(outcome: Outcome) -> Score:
    gold = outcome.question
    return float(outcome.is_correct) if gold.answerable and (gold.key_facts or gold.answers) else None


def _f1(outcome: Outcome) -> Score:
    gold = outcome.question
    if not (gold.answerable and gold.answers):
        return None
    return matching.answer_f1(outcome.said, gold.answers) if outcome.exchange.is_answered else 0.0


def _exact(outcome: Outcome) -> Score:
    gold = outcome.question
    if not (gold.answerable and gold.answers):
        return None
    return float(outcome.exchange.is_answered and matching.is_exact(outcome.said, gold.answers))


def _refused(outcome: Outcome, *, answerable: bool) -> Score:
    if outcome.question.answerable is not answerable:
        return None
    return float(outcome.exchange.kind == "refused")


def _leaks(outcome: Outcome) -> Score:
    return float(sum(probe.leaked for probe in outcome.probes)) if outcome.probes else None


def _unsupported(outcome: Outcome) -> Score:
    return float(len(outcome.unsupported)) if outcome.verdicts else None


def _total_s(outcome: Outcome) -> Score:
    return outcome.exchange.total_s if outcome.exchange.answer else None


def _tokens_per_s(outcome: Outcome) -> Score:
    """From the engine's first token to its last, as the answer reports them."""
    answer = outcome.exchange.answer
    timings, tokens = answer.get("timings", {}), answer.get("usage", {}).get("completion_tokens", 0)
    began, ended = timings.get("first_token"), timings.get("model")
    if tokens < 2 or began is None or ended is None or ended <= began:
        return None
    return float((tokens - 1) / (ended - began) * 1000)


COST = "cost_per_answer"
MEASURES = (
    Measure("hit_at_5", "Found among the first five passages", _hit),
    Measure("ndcg_at_10", "nDCG@10 of the search", _ndcg),
    Measure("page_exact", "Answers with a citation on the gold page", _page_exact),
    Measure("support_precision", "Sentences that their citations bear out", _support),
    Measure("answer_right", "Answered rightly", _right),
    Measure("answer_f1", "Token F1 with the gold answer", _f1),
    Measure("exact_match", "The answer is the gold answer, word for word", _exact),
    Measure(
        "wrong_refusals", "Refused although there is an answer",
        lambda outcome: _refused(outcome, answerable=True), higher=False,
    ),
    Measure(
        "right_refusals", "Refused where there is no answer",
        lambda outcome: _refused(outcome, answerable=False),
    ),
    Measure(
        "failed", "Questions that brought no answer at all",
        lambda outcome: float(outcome.exchange.kind == "failed"), higher=False,
    ),
    Measure(
        "unsupported_sentences", "Unsupported sentences that reached the reader", _unsupported,
        how="sum", unit="count", higher=False,
    ),
    Measure(
        "permission_leaks", "Doors through which an outsider got closed text", _leaks,
        how="sum", unit="count", higher=False,
    ),
    Measure(
        "first_token_s", "The model's first token", lambda outcome: outcome.first_token_s,
        how="median", unit="s", higher=False,
    ),
    Measure(
        "first_sentence_s", "The first checked sentence at the reader",
        lambda outcome: outcome.exchange.first("sentence"), how="median", unit="s", higher=False,
    ),
    Measure("total_s", "The whole answer", _total_s, how="median", unit="s", higher=False),
    Measure("tokens_per_s", "Tokens a second of the model", _tokens_per_s, how="median", unit="tokens/s"),
)  # fmt: skip
BY_NAME = {
    measure.name: measure
    for measure in (
        *MEASURES,
        Measure(COST, "Cost of an answer", lambda _: None, unit="money", higher=False),
    )
}
