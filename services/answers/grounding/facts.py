"""The exact part of a sentence, and whether a source states all of it."""

import re
from collections import Counter
from dataclasses import dataclass

from services.answers.grounding import dates, names, polarity, quantities, words
from services.answers.grounding.dates import Date
from services.answers.grounding.names import Name
from services.answers.grounding.polarity import Polarity
from services.answers.grounding.quantities import Quantity

_FIGURE = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything in a sentence that may not change."""

    quantities: tuple[Quantity, ...]
    implied: tuple[Quantity, ...]
    units: frozenset[str]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]
    identifiers: frozenset[str]
    polarity: Polarity

    @property
    def is_empty(self) -> bool:
        """No number, date, name or identifier."""
        return not (self.quantities or self.dates or self.names or self.identifiers)

    @property
    def years(self) -> frozenset[str]:
        """Years named, alone or in a date."""
        bare = {found.value for found in self.quantities if is_year(found)}
        return frozenset(bare | {str(found.year) for found in self.dates if found.year})


@dataclass(frozen=True, slots=True)
class Source:
    """What a claim is compared with: one passage sentence and, for names only, what stands around it.

    `stems` are all words of the sentence (and of a row's column names); `context_stems`,
    `context_identifiers` and `context_years` come from the heading path, the document's name and the
    sentence it leans on.
    """

    facts: Facts
    stems: frozenset[str]
    context_stems: frozenset[str] = frozenset()
    context_identifiers: frozenset[str] = frozenset()
    context_years: frozenset[str] = frozenset()


def read(text: str) -> Facts:
    """All facts of one sentence. Each is taken out before the next kind is looked for."""
    addresses, rest = names.find_addresses(text)
    found_dates, rest = dates.find_dates(rest)
    identifiers, rest = names.find_identifiers(rest)
    stated, implied = quantities.find_quantities(rest)
    return Facts(
        tuple(stated),
        tuple(implied),
        quantities.units_in(rest),
        tuple(found_dates),
        tuple(names.find_names(rest)),
        frozenset(addresses) | frozenset(identifiers),
        polarity.read(rest),
    )


def is_year(quantity: Quantity) -> bool:
    """A bare number that reads as a year."""
    return not quantity.unit and len(quantity.value) == 4 and quantity.value[:2] in {"18", "19", "20", "21"}


def difference(claim: Facts, source: Source, known: frozenset[str], *, german: bool = False) -> str | None:
    """The first fact of `claim` that `source` does not state, in words; None when it states them all.

    `known` are words that occur in lower case in the passages or the question: at the start of a claim
    their capital says nothing.
    """
    return (
        _missing_quantity(claim, source)
        or _missing_date(claim, source.facts)
        or _missing_identifier(claim, source)
        or _missing_name(claim, source, known, german=german)
        or polarity.contradiction(claim.polarity, source.facts.polarity)
    )


def _missing_quantity(claim: Facts, source: Source) -> str | None:
    stated = Counter(found.value for found in (*source.facts.quantities, *source.facts.implied))
    stated.update(str(date.year) for date in source.facts.dates if date.year)
    for value, count in Counter(quantity.value for quantity in claim.quantities).items():
        if 0 < stated[value] < count:
            return f"number {value} stands fewer times in the source"
    for quantity in claim.quantities:
        if not (_states(source.facts, quantity) or _is_scoping_year(quantity, source)):
            return f"number {quantity} is not in the source"
    return None


def _states(facts: Facts, wanted: Quantity) -> bool:
    if is_year(wanted) and any(str(date.year) == wanted.value for date in facts.dates):
        return True
    return any(
        wanted.value == stated.value and _units_agree(wanted.unit, stated.unit, facts.units)
        for stated in (*facts.quantities, *facts.implied)
    )


def _units_agree(wanted: str, stated: str, nearby: frozenset[str]) -> bool:
    """A unit the claim leaves out is no change; one it adds must stand somewhere in the source."""
    return not wanted or wanted == stated or (not stated and (wanted in nearby or wanted == "ordinal"))


def _is_scoping_year(quantity: Quantity, source: Source) -> bool:
    """A policy's year often stands in its heading or its file's name only."""
    return is_year(quantity) and quantity.value in source.context_years and not source.facts.years


def _missing_date(claim: Facts, source: Facts) -> str | None:
    for date in claim.dates:
        if not any(date.is_within(stated) for stated in source.dates):
            return f"date {date} is not in the source"
    return None


def _missing_identifier(claim: Facts, source: Source) -> str | None:
    missing = claim.identifiers - source.facts.identifiers - source.context_identifiers
    return f"“{min(missing)}” is not in the source" if missing else None


def _missing_name(claim: Facts, source: Source, known: frozenset[str], *, german: bool) -> str | None:
    for name in claim.names:
        if name.stem in source.stems or (name.is_initial and (name.stem in known or german)):
            continue
        if german and _in_compound(name.stem, source.stems):
            continue
        if name.stem in source.context_stems and not _names_someone_else(claim, source, known):
            continue
        return f"name “{name.text}” is not in the source"
    return None


def _in_compound(stem: str, stems: frozenset[str]) -> bool:
    return len(stem) > 4 and any(stem in other or (len(other) > 4 and other in stem) for other in stems)


def _names_someone_else(claim: Facts, source: Source, known: frozenset[str]) -> bool:
    """The source sentence has a name of its own that the claim drops: one from around it may be a mix-up."""
    claimed = claim.polarity.stems | {name.stem for name in claim.names}
    return any(
        name.stem not in claimed
        and name.stem not in source.context_stems
        and not (name.is_initial and name.stem in known)
        for name in source.facts.names
    )


def terms(text: str) -> frozenset[str]:
    """What a sentence is found by: its content stems, identifiers and figures."""
    identifiers, rest = names.find_identifiers(text)
    figures = {quantities.canonical_value(figure) for figure in _FIGURE.findall(rest)}
    return frozenset(words.content_stems(text)) | frozenset(identifiers) | figures


def spoken_stems(text: str) -> frozenset[str]:
    """Stems of all words of `text`, function words too."""
    return frozenset(words.stem(word) for word, _, _ in words.tokens(text))
