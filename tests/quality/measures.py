"""The measures of a golden run: pure functions over what was asked, found and answered."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.quality import wording
from tests.quality.figures import Figure, share
from tests.quality.golden import GoldenQuestion
from tests.quality.judge import Verdict
from tests.quality.leaks import Probe
from tests.quality.wire import Citation, Exchange

COMMAND = "make eval"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One golden question with everything that came back."""

    question: GoldenQuestion
    passages: Sequence[dict[str, Any]]
    exchange: Exchange
    verdicts: Sequence[Verdict] = field(default=())

    @property
    def kind(self) -> str:
        """generated | quoted | refused | failed."""
        return str(self.exchange.answer.get("kind") or "failed")

    @property
    def is_answered(self) -> bool:
        return self.kind in ("generated", "quoted")

    @property
    def text(self) -> str:
        return str(self.exchange.answer.get("text") or "")

    @property
    def is_hit(self) -> bool:
        """Every piece of the gold support stands in one of the first five passages of the gold document."""
        texts = [one["text"] for one in self.passages[:5] if one["document_name"] == self.question.document]
        wanted = wording.pieces(self.question.support or "")
        return bool(wanted) and all(any(wording.holds(text, piece) for text in texts) for piece in wanted)

    @property
    def citations(self) -> list[Citation]:
        return [citation for sentence in self.exchange.sentences for citation in sentence.citations]

    @property
    def is_page_exact(self) -> bool:
        """A citation on a gold page; in the gold document where the format has no pages."""
        gold = self.question
        return any(
            citation.document_name == gold.document and (not gold.pages or citation.page in gold.pages)
            for citation in self.citations
        )

    @property
    def is_correct(self) -> bool:
        """Every key fact stands in the text that the reader got; a refusal's own words do not count."""
        return self.is_answered and wording.all_hold(self.text, self.question.key_facts)

    @property
    def unsupported(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.is_unsupported]


def quality(outcomes: Sequence[Outcome], probes: Sequence[Probe]) -> list[Figure]:
    """The golden figures, each with its denominator."""
    answerable = [one for one in outcomes if one.question.answerable]
    answered = [one for one in answerable if one.is_answered]
    unanswerable = [one for one in outcomes if not one.question.answerable]
    refused = [one for one in unanswerable if one.kind == "refused"]
    wrongly = [one for one in answerable if one.kind == "refused"]
    exact = [one for one in answered if one.is_page_exact]
    return [
        share("golden_hit_at_5", sum(one.is_hit for one in answerable), len(answerable), "≥ 0.9", COMMAND),
        share("golden_page_exact", len(exact), len(answered), "≥ 0.8", COMMAND),
        share("golden_page_exact_of_all", len(exact), len(answerable), "", COMMAND),
        share("golden_correct", sum(one.is_correct for one in answerable), len(answerable), "", COMMAND),
        share("golden_quoted", sum(one.kind == "quoted" for one in answered), len(answered), "", COMMAND),
        share("golden_refused_unanswerable", len(refused), len(unanswerable), "≥ 0.75", COMMAND),
        share("golden_wrong_refusals", len(wrongly), len(answerable), "≤ 0.15", COMMAND),
        _count("golden_failed", sum(one.kind == "failed" for one in outcomes), len(outcomes), "questions"),
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
        "golden_first_token_s": [_first_token_s(one) for one in outcomes],
        "golden_total_s": [stream.total_s for stream in streams if stream.answer],
    }
    return [_percentiles(name, [one for one in values if one is not None]) for name, values in series.items()]


def _first_token_s(outcome: Outcome) -> float | None:
    """The engine's first token, which strict holds back: as the answer itself reports it."""
    milliseconds = outcome.exchange.answer.get("timings", {}).get("first_token")
    return milliseconds / 1000 if milliseconds is not None else None


def _percentiles(name: str, values: Sequence[float]) -> Figure:
    if not values:
        return Figure(name, float("nan"), "s", "", COMMAND, "none")
    detail = f"median; p95 {percentile(values, 0.95):.2f} s of {len(values)}"
    return Figure(name, round(statistics.median(values), 3), "s", "", COMMAND, detail)


def percentile(values: Sequence[float], share_below: float) -> float:
    """Nearest-rank percentile: a value that was measured, never one between two."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share_below) - 1)]
