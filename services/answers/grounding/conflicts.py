"""Sources that make the same statement with another number or date: said, never merged.

Only statements that are word for word the same but for their figures count. One word more ("for managers")
may be the reason for another figure, and who says that sources disagree should be right. Statements of
different years, and of years that nobody asked about, do not contradict each other either.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.answers.grounding import dates, facts
from services.answers.grounding.citations import Citations, CitedSource
from services.answers.grounding.evidence import Evidence
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.words import is_german

_FEWEST_WORDS = 3
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")
_SAID_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two places that say the same with other figures; `one` is cited in the answer.

    `are_editions`: their titles are of different years, or they are in force at different times, so both may
    have been right.
    """

    one: CitedSource
    other: CitedSource
    are_editions: bool


def find_conflicts(
    index: PassageIndex, cited: Sequence[CitedSource], citations: Citations
) -> tuple[Conflict, ...]:
    """Each cited statement with what another document says otherwise; `citations` numbers the others."""
    found: dict[frozenset[tuple[str, int]], Conflict] = {}
    for place in cited:
        for item in _evidence_of(place, index):
            for other in _rivals(item, index):
                key = frozenset({(one.passage.chunk_id, one.start) for one in (item, other)})
                if key not in found:
                    numbered = citations.number(other.passage, other.start, other.end)
                    found[key] = Conflict(place, numbered, _are_editions(item, other))
    return tuple(found.values())


def sentences(conflicts: Sequence[Conflict], question: str) -> Iterator[tuple[str, Conflict]]:
    """Each of the first conflicts as a plain sentence, in the question's language."""
    in_german = is_german(question)
    for conflict in conflicts[:_SAID_AT_MOST]:
        lead = _LEADS[in_german, conflict.are_editions]
        sides = [
            f"“{_plain(one)}” ({_title(one.passage.document_name)})" for one in (conflict.one, conflict.other)
        ]
        yield f"{lead}: {sides[0]} – {sides[1]}.", conflict  # noqa: RUF001


_LEADS = {
    (False, False): "The sources disagree",
    (False, True): "The editions differ",
    (True, False): "Die Quellen sagen Verschiedenes",
    (True, True): "Die Ausgaben unterscheiden sich",
}


def _plain(place: CitedSource) -> str:
    return " ".join(place.quote.split()).rstrip(".")


def _title(name: str) -> str:
    """The document's name as words, without what only tells its format."""
    return re.sub(r"[-_.]+", " ", re.sub(r"\.\w{2,5}$", "", name.rpartition("/")[2]))


def _evidence_of(place: CitedSource, index: PassageIndex) -> list[Evidence]:
    start, end = place.start - place.passage.start, place.end - place.passage.start
    return [
        item
        for item in index.evidence
        if item.passage.chunk_id == place.passage.chunk_id and start <= item.start and item.end <= end
    ]


def _rivals(item: Evidence, index: PassageIndex) -> Iterator[Evidence]:
    words, asked = _words(item), frozenset(_YEAR.findall(index.question.text))
    if item.sentence.kind == "heading" or len(words) < _FEWEST_WORDS:
        return
    for other in index.evidence:
        is_elsewhere = other.passage.document_id != item.passage.document_id
        if is_elsewhere and _words(other) == words and _differ(item, other) and _is_asked(item, other, asked):
            yield other


def _is_asked(item: Evidence, other: Evidence, asked: frozenset[str]) -> bool:
    own, others = item.facts.years, other.facts.years
    if own and others and own != others:
        return False
    return not asked or not other.years or bool(asked & other.years)


def _are_editions(one: Evidence, other: Evidence) -> bool:
    years, times = [], []
    for item in (one, other):
        years.append(item.heading_years)
        times.append((item.passage.valid_from, item.passage.valid_until))
    return bool(years[0] and years[1] and years[0] != years[1]) or times[0] != times[1]


def _words(item: Evidence) -> frozenset[str]:
    """What it says besides its figures: words, names and codes, whether it denies, and its columns."""
    _dates, undated = dates.find_dates(item.shown)
    words = {stem for stem in facts.terms(undated) if not any(character.isdigit() for character in stem)}
    return frozenset(words | item.facts.identifiers | {f"denies {item.facts.polarity.denies}"})


def _differ(one: Evidence, other: Evidence) -> bool:
    """Another value of the same unit, or another date; what only one of them has contradicts nothing."""
    values = [
        Counter((quantity.unit, quantity.value) for quantity in item.facts.quantities)
        for item in (one, other)
    ]
    units = [Counter(quantity.unit for quantity in item.facts.quantities) for item in (one, other)]
    days = [Counter(map(str, item.facts.dates)) for item in (one, other)]
    is_comparable = units[0] == units[1] and days[0].total() == days[1].total()
    return is_comparable and (values[0] != values[1] or days[0] != days[1])
