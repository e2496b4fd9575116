"""One value of a JSON answer, checked like a sentence: the names above it say what it is about.

A number alone could stand for anything; here the question, the property's name and what its object is about
say what for, and the source must speak of these.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from services.answers.grounding import claims, exactness, facts
from services.answers.grounding.citations import Citations
from services.answers.grounding.claims import Claim
from services.answers.grounding.conflicts import Conflict, find_conflicts
from services.answers.grounding.evidence import Evidence
from services.answers.grounding.index import PassageIndex, index_passages
from services.answers.grounding.support import Similarity, Support, check
from services.answers.grounding.thresholds import GroundingThresholds
from services.passages import Passage

_CLAUSE = re.compile(r"[,;:()|]\s|\b(?:and|or|but|while|und|oder|aber|während)\b", re.I)
_FEW_WORDS = 3


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value as text; `label` is its property in words, `about` what its object in a list is about.

    `is_naming`: it is what its object is about, so that the other values are held against it.
    """

    text: str
    label: str = ""
    about: str = ""
    is_naming: bool = False


@dataclass
class LeafChecker:
    """Checks the values of one answer; the passages are read once for each property's name."""

    passages: Sequence[Passage]
    question: str
    thresholds: GroundingThresholds
    similarity: Similarity | None = None
    _indexes: dict[str, PassageIndex] = field(default_factory=dict)

    def check(self, leaf: Leaf) -> Support:
        """Whether a source states the value, of this property and of what it is about."""
        index = self._index(" ".join(f"{self.question} {leaf.label} {leaf.about}".split()))
        found = [check(text, index, self.thresholds, self.similarity) for text in _claims(leaf)]
        supported = [*(one for one in found if one.is_supported), *self._by_figure(leaf, index)]
        if _is_short(leaf) and not leaf.is_naming:
            supported = [one for one in supported if _is_of_this(one, leaf, index)]
        best = next(iter(supported), None) or _named(leaf, index)
        if best is None and found[0].is_supported:
            best = Support("unsupported", leaf.text, "it is said of something else")
        return replace(best or found[0], shown=leaf.text)

    def conflicts(self, citations: Citations) -> tuple[Conflict, ...]:
        """What other sources say otherwise than those that are cited."""
        return find_conflicts(self._index(self.question), citations.all(), citations)

    def _index(self, question: str) -> PassageIndex:
        if question not in self._indexes:
            self._indexes[question] = index_passages(self.passages, question)
        return self._indexes[question]

    def _by_figure(self, leaf: Leaf, index: PassageIndex) -> Iterator[Support]:
        """A bare figure, where the sentence that states it speaks of what is asked about as much as any.

        It is compared with those that speak of its property: another property of the same question may be
        spoken of at more length.
        """
        claim = claims.read(leaf.text)
        if claim.stems or not claim.facts.quantities:
            return
        label = _rarest(leaf.label, index)
        pool = [item for item in index.evidence if not label or label & (item.stems | item.context_stems)]
        best = max((index.relevances[item.position] for item in pool), default=0.0)
        for item in sorted(pool, key=lambda one: -index.relevances[one.position]):
            is_near = index.relevances[item.position] >= self.thresholds.answering_share * best
            if best and is_near and _states(item, claim, leaf, index):
                yield Support("supported", leaf.text, "", 1.0, item.passage, item.start, item.end)


def _rarest(label: str, index: PassageIndex) -> set[str]:
    """What tells the property best from others, of the words the sources have: its rarest."""
    weights = {stem: index.weight(stem) for stem in claims.read(label).stems if index.knows(stem)}
    return {stem for stem, weight in weights.items() if weight == max(weights.values())}


def _claims(leaf: Leaf) -> list[str]:
    """What the value says, as a sentence would; within a list it must be said of what its object is about."""
    if leaf.about:
        return [f"{leaf.about} {leaf.label}: {leaf.text}", f"{leaf.about}: {leaf.text}"]
    return [leaf.text]


def _states(item: Evidence, claim: Claim, leaf: Leaf, index: PassageIndex) -> bool:
    wanted = {quantity.value for quantity in claim.facts.quantities}
    if item.sentence.kind == "heading" or not wanted <= {one.value for one in item.facts.quantities}:
        return False
    is_of_it = item.stems | item.context_stems >= set(claims.read(leaf.about).stems)
    return is_of_it and not exactness.changed(claim, item, index, leaves_subject=True)


def _in_its_column(item: Evidence, leaf: Leaf) -> bool:
    """In a table a figure stands under a heading that shares a word with the property's name."""
    wanted = {quantity.value for quantity in facts.read(leaf.text).quantities}
    label = set(claims.read(leaf.label).stems)
    homes = [cell for cell in item.cells if wanted & cell.values]
    return not wanted or any(cell.heading_stems & label for cell in homes)


def _named(leaf: Leaf, index: PassageIndex) -> Support | None:
    """What an object is about need only be named, word for word: its other values must be said of it."""
    if not leaf.is_naming or not _is_short(leaf) or leaf.about:
        return None
    pattern = re.compile(rf"(?<!\w){re.escape(leaf.text)}(?!\w)", re.I)
    for item in sorted(index.evidence, key=lambda one: -index.relevances[one.position]):
        if item.sentence.kind != "heading" and pattern.search(item.sentence.text):
            return Support("supported", leaf.text, "", 1.0, item.passage, item.start, item.end)
    return None


def _is_short(leaf: Leaf) -> bool:
    """It says nothing of what it is said of, as whole sentences do."""
    return len(claims.read(leaf.text).stems) <= _FEW_WORDS


def _is_of_this(support: Support, leaf: Leaf, index: PassageIndex) -> bool:
    """The source has the property's rarest word, where any has, in the column or clause with the value."""
    label = _rarest(leaf.label, index)
    items = [
        item
        for item in index.evidence
        if item.passage is support.passage and item.start < support.end and support.start < item.end
    ]
    if label and not any(label & (item.stems | item.context_stems) for item in items):
        return False
    rows = [item for item in items if item.cells]
    return any(_in_its_column(item, leaf) for item in rows) if rows else _in_its_clause(support.quote, leaf)


def _in_its_clause(quote: str, leaf: Leaf) -> bool:
    """Where a sentence has several figures, the one taken stands with the words that name it."""
    values = {quantity.value for quantity in facts.read(leaf.text).quantities}
    stated = {quantity.value for quantity in facts.read(quote).quantities}
    named = set(claims.read(f"{leaf.about} {leaf.label}").stems)
    if not values or stated == values or not named:
        return True
    clauses = [facts.read(part) for part in _CLAUSE.split(quote)]
    shared = [len(named & facts.spoken_stems(part)) for part in _CLAUSE.split(quote)]
    home = max(
        (
            count
            for count, found in zip(shared, clauses, strict=True)
            if values & {quantity.value for quantity in found.quantities}
        ),
        default=0,
    )
    return home >= max(shared)
