"""The figures of a golden run, from what was asked, found and answered."""

import math
import statistics
from collections.abc import Sequence

from services.evaluation.leaks import Probe
from services.evaluation.outcomes import Outcome
from tests.quality.figures import Figure, share

COMMAND = "make eval"


def quality(outcomes: Sequence[Outcome], probes: Sequence[Probe]) -> list[Figure]:
    """The golden figures, each with its denominator."""
    answerable = [one for one in outcomes if one.question.answerable]
    answered = [one for one in answerable if one.exchange.is_answered]
    unanswerable = [one for one in outcomes if not one.question.answerable]
    refused = [one for one in unanswerable if one.exchange.kind == "refused"]
    wrongly = [one for one in answerable if one.exchange.kind == "refused"]
    exact = [one for one in answered if one.is_page_exact]
    return [
        share("golden_hit_at_5", sum(one.is_hit for one in answerable), len(answerable), "≥ 0.9", COMMAND),
        share("golden_page_exact", len(exact), len(answered), "≥ 0.8", COMMAND),
        share("golden_page_exact_of_all", len(exact), len(answerable), "", COMMAND),
        share("golden_correct", sum(one.is_correct for one in answerable), len(answerable), "", COMMAND),
        share(
            "golden_quoted",
            sum(one.exchange.kind == "quoted" for one in answered),
            len(answered),
            "",
            COMMAND,
        ),
        share("golden_refused_unanswerable", len(refused), len(unanswerable), "≥ 0.75", COMMAND),
        share("golden_wrong_refusals", len(wrongly), len(answerable), "≤ 0.15", COMMAND),
        _count(
            "golden_failed",
            sum(one.exchange.kind == "failed" for one in outcomes),
            len(outcomes),
            "questions",
        ),
        _count("permission_leaks", sum(one.leaked for one in probes), len(probes), "probes"),
        _count(
            "unsupported_reached_reader",
            sum(len(one.unsupported) for one in outcomes),
            sum(len(one.verdicts) for one in outcomes),
            "sentences",
        ),
    ]


def _count(name: str, bad: int, of: int, things: str) -> Figure:
    """Something that must not happen, counted; not a number where nothing was looked at."""
    return Figure(name, bad if of else float("nan"), "count", "= 0", COMMAND, f"of {of} {things}")


def speed(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Seconds on the wire, from the request sent: first event, first verified sentence, whole answer."""
    streams = [one.exchange for one in outcomes]
    series: dict[str, Sequence[float | None]] = {
        "golden_first_event_s": [stream.first("question") for stream in streams],
        "golden_first_sentence_s": [stream.first("sentence") for stream in streams],
        "golden_first_token_s": [one.first_token_s for one in outcomes],
        "golden_total_s": [stream.total_s for stream in streams if stream.answer],
    }
    return [_percentiles(name, [one for one in values if one is not None]) for name, values in series.items()]


def _percentiles(name: str, values: Sequence[float]) -> Figure:
    if not values:
        return Figure(name, float("nan"), "s", "", COMMAND, "none")
    detail = f"median; p95 {percentile(values, 0.95):.2f} s of {len(values)}"
    return Figure(name, round(statistics.median(values), 3), "s", "", COMMAND, detail)


def percentile(values: Sequence[float], share_below: float) -> float:
    """Nearest-rank percentile: a value that was measured, never one between two."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share_below) - 1)]
