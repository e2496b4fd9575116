"""The answers that need no model: a refusal when nothing fits, or the best passage sentence word for word."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from services.answers.grounding import subjects, words
from services.answers.grounding.evidence import Evidence
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.questions import Expected
from services.answers.grounding.support import Similarity
from services.answers.grounding.thresholds import GroundingThresholds
from services.passages import Passage

_FURNITURE = re.compile(r"\b(?:page|seite)\s\d+(?:\s(?:of|von)\s\d+)?\W*$", re.I)
_READ_BY_MEANING = 24
_FOLLOWED_ITEMS = 6
_TYPE_BONUS = 0.2
_ORDER_BONUS = 0.1
_COMPOUND_BONUS = 0.15
_QUOTED_AT_MOST = 3
_QUOTED_AT_MOST_FOR_BROAD = 4
_NEARLY_AS_GOOD = 0.7
_SAME_WORDS = 0.8


@dataclass(frozen=True, slots=True)
class Answerability:
    """Whether the model is worth asking; `coverage` is the best passage's share of the question's words."""

    is_answerable: bool
    coverage: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Source text shown word for word; only a table row is shown otherwise, with its column names."""

    text: str
    passage: Passage
    start: int
    end: int
    score: float

    @property
    def quote(self) -> str:
        """The quoted text, verbatim."""
        return self.passage.text[self.start : self.end]

    @property
    def stored_start(self) -> int:
        """Offset in the version's stored text."""
        return self.passage.start + self.start

    @property
    def stored_end(self) -> int:
        """End in the version's stored text."""
        return self.passage.start + self.end

    @property
    def page(self) -> int | None:
        """Page on which the quote begins."""
        return self.passage.page_at(self.start)


def can_answer(
    index: PassageIndex, thresholds: GroundingThresholds, nearest: float | None = None
) -> Answerability:
    """Whether the passages speak of what is asked; decided before the model is called.

    `nearest` is the best cosine of question and chunk, where the search by meaning ran: questions are
    often asked in other words than the documents use.
    """
    if not index.evidence:
        return Answerability(False, 0.0, "nothing was found")
    coverage = round(max(_passage_coverages(index)), 4)
    if missing := subjects.missing_everywhere(index):
        return Answerability(False, coverage, f"no source names “{missing}”")
    reach = coverage + (thresholds.answer_nearest if nearest is None else nearest)
    if reach < thresholds.answer_coverage + thresholds.answer_nearest:
        return Answerability(False, coverage, "no source speaks of what is asked")
    return Answerability(True, coverage)


def quote(
    index: PassageIndex,
    thresholds: GroundingThresholds,
    similarity: Similarity | None = None,
    *,
    is_doubted: bool = False,
) -> list[Quote]:
    """The sentences that fit the question best, verbatim and in their order; empty when none fits."""
    groups = quote_groups(index, thresholds, similarity, is_doubted=is_doubted)
    return list({(one.passage.chunk_id, one.start): one for group in groups for one in group}.values())


def quote_groups(
    index: PassageIndex,
    thresholds: GroundingThresholds,
    similarity: Similarity | None = None,
    *,
    is_doubted: bool = False,
) -> list[list[Quote]]:
    """The same, best first, each with what it cannot be read without: a list's items, the sentence before.

    `is_doubted`: the model has said that the documents do not answer, so a quotation must fit better.
    """
    usable = [
        item for item in index.evidence if _is_quotable(item) and not subjects.other_subject(item, index)
    ]
    if not usable or subjects.missing_everywhere(index):
        return []
    usable = sorted(usable, key=lambda item: _rank(item, index, {}), reverse=True)[:_READ_BY_MEANING]
    alike = _likeness(usable, index, similarity)
    best = max(usable, key=lambda item: _rank(item, index, alike))
    relevance = index.relevances[best.position]
    reach = relevance + (alike[best.position] if alike else thresholds.quote_nearest)
    margin = thresholds.quote_margin_doubted if is_doubted else 0.0
    if reach < thresholds.quote_coverage + thresholds.quote_nearest + margin:
        return []
    if index.parts:
        each = [quote_groups(part, thresholds, similarity, is_doubted=is_doubted) for part in index.parts]
        if all(each):
            return _in_turn(each)
    return [
        [_as_quote(item, index.relevances[item.position]) for item in _with_neighbours(one, index)]
        for one in (best, *_further(best, usable, index, alike))
    ]


def _in_turn(each: Sequence[Sequence[list[Quote]]]) -> list[list[Quote]]:
    """The best of each part, then the second of each, none twice."""
    found: list[list[Quote]] = []
    for groups in zip_longest(*each):
        found += [group for group in groups if group and group not in found]
    return found[:_QUOTED_AT_MOST_FOR_BROAD]


def fitting(index: PassageIndex, stems: frozenset[str]) -> Iterator[Evidence]:
    """Sentences with all these words and the kind of thing the question asks for, in the order found."""
    for item in index.evidence:
        has_all = stems <= item.stems and _fits(item, index.question.expected)
        if has_all and _is_quotable(item) and _adds(item, index) and not subjects.other_subject(item, index):
            yield item


def _further(
    best: Evidence, usable: Sequence[Evidence], index: PassageIndex, alike: dict[int, float]
) -> list[Evidence]:
    """What else answers: one sentence of each other passage that fits about as well.

    A date, a number or a name that is asked for is given by one sentence or by none.
    """
    if index.question.expected not in ("any", "reply"):
        return []
    at_most = _QUOTED_AT_MOST_FOR_BROAD if index.question.is_broad else _QUOTED_AT_MOST
    kept = [best]
    for item in sorted(usable, key=lambda one: _rank(one, index, alike), reverse=True):
        if _rank(item, index, alike) < _NEARLY_AS_GOOD * _rank(best, index, alike):
            break
        if not any(item.passage is one.passage or _says_the_same(item, one) for one in kept):
            kept.append(item)
    return kept[1:at_most]


def _says_the_same(one: Evidence, other: Evidence) -> bool:
    shared = len(one.stems & other.stems)
    return shared >= _SAME_WORDS * max(len(one.stems | other.stems), 1)


def _rank(item: Evidence, index: PassageIndex, alike: dict[int, float]) -> float:
    fits = _TYPE_BONUS if _fits(item, index.question.expected) and _adds(item, index) else 0.0
    place = _ORDER_BONUS * (1 - index.passage_rank(item) / max(len(index.passages), 1))
    joined = _COMPOUND_BONUS * _share_of_compounds(item, index)
    return index.relevances[item.position] + 0.5 * alike.get(item.position, 0.0) + fits + place + joined


def _share_of_compounds(item: Evidence, index: PassageIndex) -> float:
    asked = words.compounds(index.question.text)
    return len(asked & words.compounds(item.shown)) / len(asked) if asked else 0.0


def _fits(item: Evidence, expected: Expected) -> bool:
    """The sentence has the kind of thing that is asked for."""
    facts = item.facts
    if expected == "date":
        clock = any(quantity.unit in {"clock", "day", "week", "month"} for quantity in facts.quantities)
        return bool(facts.dates or facts.years or clock)
    if expected == "number":
        return bool(facts.quantities or facts.implied)
    return any(not name.is_initial for name in facts.names) if expected == "name" else True


def _adds(item: Evidence, index: PassageIndex) -> bool:
    """The sentence says something that the question does not."""
    return bool(item.stems - index.question.stems) or bool(
        {quantity.value for quantity in item.facts.quantities}
        - {quantity.value for quantity in index.question.facts.quantities}
    )


def _is_quotable(item: Evidence) -> bool:
    text = item.sentence.text
    if item.sentence.kind == "heading" or text.endswith("?") or _FURNITURE.search(text):
        return False
    if item.sentence.kind == "row":
        return bool(item.cells)
    return bool(item.stems) or not item.facts.is_empty


def _with_neighbours(best: Evidence, index: PassageIndex) -> list[Evidence]:
    """A lead-in takes its list along, and a sentence that opens with a pronoun the one before it."""
    if best.sentence.text.endswith(":"):
        return [best, *_following_items(best, index)]
    before = index.neighbour(best, -1)
    if best.sentence.kind == "item" and not best.stems & index.question.stems:
        lead_in = _lead_in(best, index)
        return [lead_in, *_following_items(lead_in, index)] if lead_in else [best]
    if best.leans_back and before is not None and before.sentence.kind == "prose":
        return [before, best]
    return [best]


def _lead_in(item: Evidence, index: PassageIndex) -> Evidence | None:
    """The sentence that introduces an item's list, within the items that would be quoted with it."""
    found: Evidence | None = item
    for _ in range(_FOLLOWED_ITEMS):
        found = index.neighbour(found, -1) if found else None
        if found is None or found.sentence.kind != "item":
            break
    return found if found and found.sentence.text.endswith(":") else None


def _following_items(lead_in: Evidence, index: PassageIndex) -> Iterable[Evidence]:
    item = lead_in
    for _ in range(_FOLLOWED_ITEMS):
        following = index.neighbour(item, 1)
        is_part = following is not None and (following.sentence.kind == "item" or bool(following.cells))
        if following is None or not (is_part or item is lead_in):
            return
        yield following
        item = following


def _as_quote(item: Evidence, relevance: float) -> Quote:
    text = item.shown if item.cells else " ".join(item.sentence.text.split())
    return Quote(text, item.passage, item.start, item.end, round(relevance, 4))


def _passage_coverages(index: PassageIndex) -> list[float]:
    """For every passage the weighted share of the question's words that it has anywhere."""
    weights = index.question_weights
    total = sum(weights.values())
    if not total:
        return [1.0 if index.question.facts.quantities or index.question.facts.dates else 0.0]
    return [
        sum(weight for stem, weight in weights.items() if stem in stems) / total
        for stems in index.passage_stems
    ]


def _likeness(
    items: Sequence[Evidence], index: PassageIndex, similarity: Similarity | None
) -> dict[int, float]:
    """How near each sentence is to the question in meaning; empty where there is no embedder."""
    if similarity is None:
        return {}
    found = similarity(index.question.text, [item.shown for item in items])
    return {item.position: value for item, value in zip(items, found, strict=True)}
