"""What a claim may not change beyond its facts: subject, reply, column and single words."""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from services.answers.grounding import alignment, facts, reach, subjects
from services.answers.grounding.claims import Claim
from services.answers.grounding.evidence import Cell, Evidence
from services.answers.grounding.index import PassageIndex

_SWAP_WORDS = 2


def changed(claim: Claim, evidence: Evidence, index: PassageIndex, *, leaves_subject: bool) -> str | None:
    """The first thing the claim changes, in words; None when it keeps everything.

    `leaves_subject`: the claim is so short that its subject stands in the question only.
    """
    return (
        facts.difference(claim.facts, evidence.source, index.lower_stems, german=claim.is_german)
        or subjects.other_subject(evidence, index, claim.facts, leaves_names=leaves_subject)
        or _wrong_reply(claim, evidence, index)
        or _wrong_column(claim, evidence)
        or _widened(claim, evidence)
    )


def _widened(claim: Claim, evidence: Evidence) -> str | None:
    return None if evidence.sentence.kind == "row" else reach.widened(claim.text, evidence.shown)


def swapped(claim: Claim, evidence: Evidence) -> str | None:
    """One word in another's place, with the source's own around it ("managers" for "employees")."""
    if evidence.sentence.kind != "row":
        context = evidence.context_stems
        found = alignment.replaced(claim.text, evidence.shown, context) or alignment.exchanged(
            claim.text, evidence.shown
        )
        if found:
            return found
    said, stated = Counter(claim.ordered_stems), Counter(evidence.ordered_stems)
    matcher = SequenceMatcher(None, claim.ordered_stems, evidence.ordered_stems, autojunk=False)
    for tag, start, end, there, until in matcher.get_opcodes():
        if tag != "replace" or max(end - start, until - there) > _SWAP_WORDS:
            continue
        new = [
            stem for stem in claim.ordered_stems[start:end] if _is_new(stem, said, stated, claim, evidence)
        ]
        gone = [stem for stem in evidence.ordered_stems[there:until] if stated[stem] > said[stem]]
        new = [stem for stem in new if not any(alignment.is_same_root(stem, other) for other in gone)]
        if new and gone:
            return f"“{new[0]}” stands for “{gone[0]}” in the source"
    return None


def _is_new(stem: str, said: Counter[str], stated: Counter[str], claim: Claim, evidence: Evidence) -> bool:
    """The claim has the word more often than the source, and it does not merely spell out a pronoun."""
    if stem not in stated:
        return stem not in evidence.context_stems and not (claim.is_german and evidence.has_compound(stem))
    return said[stem] > stated[stem]


def _wrong_reply(claim: Claim, evidence: Evidence, index: PassageIndex) -> str | None:
    """ "Yes" needs every number asked about; "no" needs a denial or a fact other than the one asked about."""
    asked = index.question.facts
    if claim.reply == "yes":
        if claim.facts.polarity.denies and not asked.polarity.denies:
            return "“yes” does not go with a denial"
        stated = {quantity.value for quantity in evidence.source.facts.quantities}
        if any(quantity.value not in stated for quantity in asked.quantities):
            return "“yes” to a number that is not in the source"
    if claim.reply == "no" and not claim.facts.polarity.denies and not asked.polarity.denies:
        new = {quantity.value for quantity in claim.facts.quantities} - {
            quantity.value for quantity in asked.quantities
        }
        if not new and not set(claim.facts.dates) - set(asked.dates):
            return "“no” without a denial in the source"
    return None


def _wrong_column(claim: Claim, evidence: Evidence) -> str | None:
    """A row's number must not be given another column's name."""
    for quantity in claim.facts.quantities:
        homes = [cell for cell in evidence.cells if quantity.value in cell.values]
        others = [cell for cell in evidence.cells if cell.values and quantity.value not in cell.values]
        own, foreign = _column_words(homes), _column_words(others)
        stems = set(claim.stems)
        if homes and (foreign - own) & stems and not (own - foreign) & stems:
            return f"number {quantity} stands in another column"
    return None


def _column_words(cells: Sequence[Cell]) -> frozenset[str]:
    return frozenset(stem for cell in cells for stem in cell.heading_stems)
