"""Ties one sentence of an answer to the passage sentence that supports it, or says why none does."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.answers.grounding import claims, exactness, forms
from services.answers.grounding.claims import Claim
from services.answers.grounding.evidence import Evidence
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.thresholds import GroundingThresholds
from services.answers.grounding.vocabulary import word_set
from services.passages import Passage

Verdict = Literal["supported", "unsupported", "empty", "refusal"]
Similarity = Callable[[str, Sequence[str]], Sequence[float]]

_CANDIDATES = 12
_RESTATED_RECALL = 0.9
_PRONOUN_FACTOR = 3
_TOO_FEW_WORDS = "the sources say something else"
# "The handbook gives a detailed explanation of …": that there is an answer is none.
_ABOUT_PAPERS = word_set(
    "detail detailed explanation explain explanations overview summary description describ"
)
_FENCE = re.compile(r"(?:```|~~~)")


@dataclass(frozen=True, slots=True)
class Support:
    """The decision on one sentence; where supported, the source with its offsets into the passage's text.

    `empty` claims nothing (a courtesy, a lead-in); `refusal` says that the documents do not answer.
    """

    verdict: Verdict
    shown: str
    reason: str = ""
    score: float = 0.0
    passage: Passage | None = None
    start: int = 0
    end: int = 0

    @property
    def is_supported(self) -> bool:
        """Only this may reach a reader as checked."""
        return self.verdict == "supported"

    @property
    def quote(self) -> str:
        """The supporting text, verbatim."""
        return self.passage.text[self.start : self.end] if self.passage else ""

    @property
    def stored_start(self) -> int:
        """Offset of the quote in the version's stored text."""
        return self.passage.start + self.start if self.passage else 0

    @property
    def stored_end(self) -> int:
        """End of the quote in the version's stored text."""
        return self.passage.start + self.end if self.passage else 0

    @property
    def page(self) -> int | None:
        """Page on which the quote begins."""
        return self.passage.page_at(self.start) if self.passage else None


@dataclass(frozen=True, slots=True)
class _Match:
    evidence: Evidence
    recall: float
    relevance: float
    problem: str | None

    @property
    def rank(self) -> tuple[bool, float]:
        return self.problem is None, self.recall + 0.25 * self.relevance


def check(
    text: str, index: PassageIndex, thresholds: GroundingThresholds, similarity: Similarity | None = None
) -> Support:
    """Whether a passage sentence states what `text` claims."""
    claim = claims.read(text)
    if claim.is_empty:
        return Support("empty", claim.shown, "it claims nothing")
    found = (
        _check_code(claim, index)
        if claim.kind == "code"
        else _check_claim(claim, index, thresholds, similarity)
    )
    if not found.is_supported and claims.is_model_refusal(text):
        return Support("refusal", claim.shown, "it says that the documents do not answer")
    return found


def _check_claim(
    claim: Claim, index: PassageIndex, thresholds: GroundingThresholds, similarity: Similarity | None
) -> Support:
    if problem := _problem_of_form(claim, index):
        return Support("unsupported", claim.shown, problem)
    matches = [_match(claim, evidence, index, thresholds) for evidence in _candidates(claim, index)]
    best = max(matches, key=lambda match: match.rank, default=None)
    if best is None:
        return Support("unsupported", claim.shown, "no source speaks of this")
    if best.problem and similarity:
        best = _by_meaning(claim, matches, index, thresholds, similarity) or best
    if best.problem == _TOO_FEW_WORDS:
        best = _best_pair(claim, matches, index, thresholds) or best
    return _as_support(claim, best)


def _as_support(claim: Claim, match: _Match) -> Support:
    evidence = match.evidence
    return Support(
        "unsupported" if match.problem else "supported",
        claim.shown,
        match.problem or "",
        round(match.recall, 4),
        evidence.passage,
        evidence.start,
        evidence.end,
    )


def _problem_of_form(claim: Claim, index: PassageIndex) -> str | None:
    """What no source could cure: a question, a bare yes, the question said again."""
    if claim.shown.rstrip("\"'*_ ").endswith("?"):
        return "it is a question"
    if not claim.stems and claim.facts.is_empty:
        return "a bare yes or no cannot be checked"
    if not claim.stems and _is_bare_figure(claim):
        return "a bare figure could stand for anything"
    if not index.question.is_yes_or_no and not _says_more_than_question(claim, index):
        return "it only repeats the question"
    return forms.problem(claim, index)


def _is_bare_figure(claim: Claim) -> bool:
    """Nothing but numbers without a unit: some sentence has that number, about whatever."""
    found = claim.facts
    has_more = found.dates or found.identifiers or found.names or any(one.unit for one in found.quantities)
    return not has_more and claim.kind != "row"


def _says_more_than_question(claim: Claim, index: PassageIndex) -> bool:
    asked = index.question
    if set(claim.stems) - asked.stems - _ABOUT_PAPERS:
        return True
    return bool(
        set(claim.facts.quantities) - set(asked.facts.quantities)
        or set(claim.facts.dates) - set(asked.facts.dates)
        or claim.facts.identifiers - asked.facts.identifiers
    )


def _candidates(claim: Claim, index: PassageIndex) -> Iterator[Evidence]:
    scores = index.overlaps(
        [*claim.stems, *claim.facts.identifiers, *(quantity.value for quantity in claim.facts.quantities)]
    )
    if not claim.stems or claim.opens_with_pronoun or not scores:
        for position, relevance in enumerate(index.relevances):
            scores[position] = scores.get(position, 0.0) + 2 * relevance
    ranked = sorted(scores, key=lambda position: scores[position] + index.relevances[position], reverse=True)
    for position in ranked[:_CANDIDATES]:
        if index.evidence[position].sentence.kind != "heading":
            yield index.evidence[position]


def _match(claim: Claim, evidence: Evidence, index: PassageIndex, thresholds: GroundingThresholds) -> _Match:
    recall = _recall(claim, evidence, index)
    relevance = index.relevances[evidence.position]
    problem = (
        exactness.changed(claim, evidence, index, leaves_subject=_is_short(claim, thresholds))
        or _too_little(claim, recall, relevance, index, thresholds)
        or _bare_cell(claim, evidence, thresholds)
        or _bare_title(claim, evidence)
        or exactness.swapped(claim, evidence)
    )
    return _Match(evidence, recall, relevance, problem)


def _bare_cell(claim: Claim, evidence: Evidence, thresholds: GroundingThresholds) -> str | None:
    """A table's value says little without its row and its column; the row itself is quoted with both."""
    is_bare = claim.facts.quantities and not evidence.stems.intersection(claim.stems)
    if evidence.cells and claim.kind != "row" and _is_short(claim, thresholds) and is_bare:
        return "a table's value lacks its row and its column"
    return None


def _bare_title(claim: Claim, evidence: Evidence) -> str | None:
    """The name of the document or of its chapter says nothing that a sentence under it could support."""
    others = [one for one in claim.facts.quantities if one.unit or one.value not in evidence.years]
    if claim.stems and not others and evidence.context_stems.issuperset(claim.stems):
        return "it only names the document"
    return None


def _recall(claim: Claim, evidence: Evidence, index: PassageIndex) -> float:
    """Share of the claim's words, by weight, that the source has.

    The question's words may come from around the sentence; other words count half there. A missing word
    weighs more when it stands elsewhere in the passages: then it was more likely swapped than reworded.
    """
    found = total = 0.0
    for stem in claim.stems:
        weight = index.weight(stem)
        if stem in evidence.stems or (claim.is_german and evidence.has_compound(stem)):
            found, total = found + weight, total + weight
        elif stem in evidence.context_stems:
            share = 1.0 if stem in index.question.stems else 0.5
            found, total = found + share * weight, total + weight
        else:
            total += weight * (1.5 if index.knows(stem) else 1.0)
    return found / total if total else 1.0


def _too_little(
    claim: Claim, recall: float, relevance: float, index: PassageIndex, thresholds: GroundingThresholds
) -> str | None:
    if recall < thresholds.claim_recall:
        return _TOO_FEW_WORDS
    if not _says_more_than_question(claim, index) and recall < _RESTATED_RECALL:
        return "the source does not say what was asked"
    if _is_short(claim, thresholds):
        best = max(index.relevances, default=0.0)
        if relevance < max(thresholds.short_claim_coverage, thresholds.short_claim_share * best):
            return "the source speaks of something else than the question"
    return None


def _is_short(claim: Claim, thresholds: GroundingThresholds) -> bool:
    """Its subject is left to the question: then the source must be about the question."""
    longest = thresholds.short_claim_words * (_PRONOUN_FACTOR if claim.opens_with_pronoun else 1)
    return len(claim.stems) <= longest


def _by_meaning(
    claim: Claim,
    matches: Sequence[_Match],
    index: PassageIndex,
    thresholds: GroundingThresholds,
    similarity: Similarity,
) -> _Match | None:
    """A reworded claim: fewer shared words are enough where the embeddings agree and every fact does."""
    eased = replace(thresholds, claim_recall=thresholds.claim_recall_similar)
    close = [
        match
        for match in matches
        if match.problem == _TOO_FEW_WORDS
        and _too_little(claim, match.recall, match.relevance, index, eased) is None
    ]
    if not close:
        return None
    alike = similarity(claim.text, [match.evidence.shown for match in close])
    score, best = max(zip(alike, close, strict=True), key=lambda pair: pair[0])
    return replace(best, problem=None) if score >= thresholds.similarity else None


def _best_pair(
    claim: Claim, matches: Sequence[_Match], index: PassageIndex, thresholds: GroundingThresholds
) -> _Match | None:
    """Two neighbouring sentences together, for a claim without figures or names that could be mixed up."""
    if not claim.facts.is_empty or _is_short(claim, thresholds):
        return None
    strict = replace(thresholds, claim_recall=thresholds.pair_recall)
    pairs = [
        _match(claim, pair, index, strict)
        for match in matches[:4]
        for step in (-1, 1)
        if (pair := index.pair(match.evidence, step)) is not None
    ]
    best = max(pairs, key=lambda match: match.rank, default=None)
    return best if best and best.problem is None else None


def _check_code(claim: Claim, index: PassageIndex) -> Support:
    """Code is supported only word for word."""
    lines = [
        line.strip() for line in claim.shown.splitlines() if line.strip() and not _FENCE.match(line.strip())
    ]
    if not lines:
        return Support("empty", claim.shown, "it claims nothing")
    pattern = re.compile(r"\s+".join(re.escape(part) for line in lines for part in line.split()))
    for passage in index.passages:
        if match := pattern.search(passage.text):
            return Support("supported", claim.shown, "", 1.0, passage, match.start(), match.end())
    return Support("unsupported", claim.shown, "this code is not in the sources")
