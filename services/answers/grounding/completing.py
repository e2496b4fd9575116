"""What is quoted behind the model's own sentences: a short answer to a wide question leaves most unsaid."""

from collections.abc import Sequence

from services.answers.grounding import facts, quoting
from services.answers.grounding.citations import CitedSource
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.quoting import Quote
from services.answers.grounding.support import Similarity
from services.answers.grounding.thresholds import GroundingThresholds

_SENTENCES_AT_MOST = 4
_SAME_WORDS = 0.8


def further_quotes(
    index: PassageIndex,
    thresholds: GroundingThresholds,
    similarity: Similarity | None,
    said: Sequence[str],
    cited: Sequence[CitedSource],
) -> list[Quote]:
    """The best quotations, where the answer does not rest on the very best one; it stays short.

    None where a fact or a yes is asked for, which one sentence gives, or where the answer is long already.
    """
    asked = index.question
    is_wide = asked.expected == "any" or asked.is_broad
    if not is_wide or len(said) >= _SENTENCES_AT_MOST:
        return []
    groups = quoting.quote_groups(index, thresholds, similarity)
    if not groups or any(_is_known(one, said, cited) for one in groups[0]):
        return []
    chosen: list[Quote] = []
    for group in groups:
        if len(said) + len(chosen) < _SENTENCES_AT_MOST:
            chosen += [one for one in group if not _is_known(one, said, cited) and one not in chosen]
    return chosen


def _is_known(found: Quote, said: Sequence[str], cited: Sequence[CitedSource]) -> bool:
    """The answer rests on this place, or says the same in about these words."""
    if any(_overlap(one, found) for one in cited):
        return True
    stems = facts.terms(found.text)
    spoken = [facts.terms(text) for text in said]
    return any(len(stems & other) >= _SAME_WORDS * max(len(stems | other), 1) for other in spoken)


def _overlap(cited: CitedSource, found: Quote) -> bool:
    is_same_text = cited.passage.version_id == found.passage.version_id
    return is_same_text and cited.start < found.stored_end and found.stored_start < cited.end
