"""Is a source about what the question names? A right sentence about another year, code or place is wrong."""

from services.answers.grounding.evidence import Evidence
from services.answers.grounding.facts import Facts
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.names import Name


def missing_everywhere(index: PassageIndex) -> str | None:
    """A code, name or year of the question that no passage has: what was found is about something else."""
    for identifier in sorted(index.question.facts.identifiers):
        if not any(identifier in text for text in index.folded_texts):
            return identifier
    everywhere = frozenset[str]().union(*index.document_stems.values())
    absent = frozenset[Name].intersection(*index.unnamed.values()) if index.unnamed else frozenset()
    if absent:
        return min(name.text for name in absent)
    return _missing_year(index, everywhere)


def other_subject(
    item: Evidence, index: PassageIndex, claim: Facts | None = None, *, leaves_names: bool = True
) -> str | None:
    """Why the sentence is not about what was asked, for a claim that leaves the subject to the question."""
    asked = index.question.facts
    claimed_years = claim.years if claim else frozenset()
    if asked.years and item.years and not item.years & (asked.years | claimed_years):
        return f"the source is about {min(item.years)}"
    if asked.identifiers and not (claim and claim.identifiers) and not _has_code(item, index):
        return f"the source is not about “{min(asked.identifiers)}”"
    claimed = {name.stem for name in claim.names} if claim else set()
    if not leaves_names:
        return None
    absent = [name.text for name in index.unnamed[item.passage.document_id] if name.stem not in claimed]
    return f"the source is not about “{min(absent)}”" if absent else None


def _has_code(item: Evidence, index: PassageIndex) -> bool:
    """The sentence has the code asked about, or its document does and the sentence has no other."""
    asked, own = index.question.facts.identifiers, item.facts.identifiers
    if own & asked:
        return True
    return not own and any(index.document_mentions(item, code) for code in asked)


def _missing_year(index: PassageIndex, everywhere: frozenset[str]) -> str | None:
    """Asked about a year that no passage has, while the best sentence speaks of another."""
    missing = index.question.facts.years - everywhere
    if not missing or not index.evidence:
        return None
    best = max(index.evidence, key=lambda item: index.relevances[item.position])
    return min(missing) if best.years and not best.years & index.question.facts.years else None
