"""One question with everything that came back, and what can be said of it for sure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.evaluation import matching, wording
from services.evaluation.judge import Verdict
from services.evaluation.leaks import Probe
from services.evaluation.sets import Question
from services.evaluation.wire import Exchange

FIRST = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """`passages` is the search's own page, `probes` what an outsider got at each door."""

    question: Question
    passages: Sequence[dict[str, Any]]
    exchange: Exchange
    verdicts: Sequence[Verdict] = field(default=())
    probes: Sequence[Probe] = field(default=())

    @property
    def text(self) -> str:
        return str(self.exchange.answer.get("text") or "")

    @property
    def said(self) -> str:
        """The sentences that reached the reader, without their marks."""
        return " ".join(sentence.text for sentence in self.exchange.sentences)

    @property
    def relevant(self) -> list[set[int]]:
        """For each passage, which of the gold `wanted` it brings."""
        return [self._brings(passage) for passage in self.passages]

    @property
    def wanted(self) -> int:
        """How many different things the search has to bring: pieces of the support, else one place."""
        if not self.question.document:
            return 0
        return len(wording.pieces(self.question.support or "")) or 1

    def _brings(self, passage: dict[str, Any]) -> set[int]:
        gold = self.question
        if passage["document_name"] != gold.document:
            return set()
        pieces = wording.pieces(gold.support or "")
        if pieces:
            return {place for place, piece in enumerate(pieces) if wording.holds(passage["text"], piece)}
        return {0} if not gold.pages or passage["page"] in gold.pages else set()

    @property
    def is_hit(self) -> bool:
        """Every piece of the gold support, or a gold page, stands in the first five passages."""
        brought = set().union(*self.relevant[:FIRST])
        return bool(self.wanted) and len(brought) == self.wanted

    @property
    def is_page_exact(self) -> bool:
        """A citation on a gold page; in the gold document where the format has no pages."""
        gold = self.question
        return any(
            citation.document_name == gold.document and (not gold.pages or citation.page in gold.pages)
            for citation in self.exchange.citations
        )

    @property
    def is_correct(self) -> bool:
        """All key facts, or one of the gold answers, reached the reader; a refusal's words do not count."""
        if not self.exchange.is_answered:
            return False
        if self.question.key_facts:
            return wording.all_hold(self.text, self.question.key_facts)
        # A gold answer of several sentences, as readers' thumbs give, stands in no single one of them.
        said = [*(sentence.text for sentence in self.exchange.sentences), self.said]
        return any(matching.gives(text, self.question.answers) for text in said)

    @property
    def unsupported(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.is_unsupported]

    @property
    def first_token_s(self) -> float | None:
        """The engine's first token, which strict holds back: as the answer itself reports it."""
        milliseconds = self.exchange.answer.get("timings", {}).get("first_token")
        return milliseconds / 1000 if milliseconds is not None else None


def faults(outcome: Outcome) -> list[str]:
    """Everything that went wrong with one question, the gravest first."""
    said, kind = f"said: {outcome.text!r}", outcome.exchange.kind
    is_answered = outcome.exchange.is_answered
    checks = [
        *((probe.leaked, f"leaked to {probe.asked_as} through {probe.door}") for probe in outcome.probes),
        *((True, f"unsupported ({verdict.status}): {verdict.text!r}: {'; '.join(verdict.reasons)}")
          for verdict in outcome.unsupported),
        (kind == "failed", f"no answer (status {outcome.exchange.status})"),
        (not outcome.question.answerable and is_answered, f"answered what has no answer; {said}"),
        *(_answerable_checks(outcome, said) if outcome.question.answerable else []),
    ]  # fmt: skip
    return [fault for is_so, fault in checks if is_so]


def _answerable_checks(outcome: Outcome, said: str) -> list[tuple[bool, str]]:
    gold, is_answered = outcome.question, outcome.exchange.is_answered
    right = ", ".join(gold.key_facts) or " or ".join(gold.answers)
    return [
        (outcome.exchange.kind == "refused", "refused, though the answer is there"),
        (bool(right) and is_answered and not outcome.is_correct, f"lacks {right}; {said}"),
        (
            bool(gold.document) and is_answered and not outcome.is_page_exact,
            f"cites no gold page of {gold.document} {gold.pages}",
        ),
        (
            outcome.wanted > 0 and not outcome.is_hit,
            f"not found in the first five; wanted {gold.document}: {gold.support!r}",
        ),
    ]
