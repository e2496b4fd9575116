"""A labelled set for the support decision, from the public sets: which sentences does a source state?

Supported: the gold sentence; the same without a trailing clause, or behind a lead-in; and for contoso what
was written as the answer (rewordings of the gold pages, taken as they are, though some say a little more than
their page). Unsupported: the gold sentence with a number, unit, name, date, word or negation changed, with
two names in each other's place, or with its own passage taken away ("tied to another passage").
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from services.passages import Passage
from tests.quality.support_sources import GoldSentence

_NUMBER = re.compile(r"(?<![\d.,\w-])\d{1,4}(?![\d.,\w-]*\d)(?![\w-])")
_YEAR = re.compile(r"(?<![\d.,\w-])(?:1[5-9]|20)\d\d(?![\d\w-])")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_MONTH = re.compile(r"\b(?:in|since|until|by|on \d{1,2}|\d{1,2}) (" + "|".join(_MONTHS) + r")\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_NOUN = re.compile(r"(?<=the )[a-z]{5,}\b")
_VERB = re.compile(r"\b(is|was|were|are|can|must|could|has|had|will|should|may)\b(?! not)")
_NOT = re.compile(r" not\b")
_UNITS = {
    "days": "weeks", "weeks": "days", "months": "weeks", "years": "months", "hours": "minutes",
    "minutes": "hours", "miles": "kilometres", "kilometres": "miles", "km": "miles", "percent": "people",
    "%": " days", "million": "thousand", "billion": "million", "day": "week", "week": "month",
    "month": "year",
    "year": "month", "mg": "kg", "kg": "mg", "°C": "°F", "feet": "metres", "metres": "feet",
}  # fmt: skip
_UNIT = re.compile(
    r"(?<=\d)(?P<gap>[ -]?)(?P<unit>"
    + "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
    + r")(?!\w)"
)
_LEAD_INS = ("According to the documents, ", "The source states that ")


@dataclass(frozen=True)
class Case:
    """One sentence to decide on."""

    kind: str
    is_supported: bool
    group: str
    question: str
    sentence: str
    passages: tuple[Passage, ...]


def derive(found: Iterable[GoldSentence], seed: int = 7) -> Iterator[Case]:
    """Every case of every gold sentence."""
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    for gold in found:
        yield from _supported(gold, chance)
        yield from _unsupported(gold, chance)


def _supported(gold: GoldSentence, chance: random.Random) -> Iterator[Case]:
    yield _case("verbatim", gold, gold.sentence)
    if (shorter := _without_last_clause(gold.sentence, gold.answer)) is not None:
        yield _case("clause dropped", gold, shorter)
    yield _case("lead-in added", gold, chance.choice(_LEAD_INS) + _lowered(gold.sentence))
    for text in gold.rewordings:
        yield _case("reworded", gold, text)


def _unsupported(gold: GoldSentence, chance: random.Random) -> Iterator[Case]:
    near = [passage.text for passage in gold.passages[1:]]
    for kind, changed in _changed(gold.sentence, near, chance):
        if changed is not None and changed not in gold.passages[0].text and changed != gold.sentence:
            yield _case(kind, gold, changed, is_supported=False)
    elsewhere = " ".join(" ".join(near).split())
    if gold.sentence not in elsewhere:
        yield Case("other passage", False, gold.group, gold.question, gold.sentence, gold.passages[1:])


def _case(kind: str, gold: GoldSentence, text: str, *, is_supported: bool = True) -> Case:
    return Case(kind, is_supported, gold.group, gold.question, text, gold.passages)


def _changed(sentence: str, near: list[str], chance: random.Random) -> Iterator[tuple[str, str | None]]:
    others = " ".join(near)
    yield "number changed", _put(_NUMBER, sentence, lambda old: str(int(old) + chance.choice([1, 2, 5, 10])))
    yield "date changed", _date_changed(sentence, chance)
    yield "unit changed", _UNIT.sub(lambda match: match["gap"] + _UNITS[match["unit"]], sentence, count=1)
    yield "name changed", _put(_NAME, sentence, _other(_NAME, others, sentence, chance))
    yield "word changed", _put(_NOUN, sentence, _other(_NOUN, others, sentence, chance))
    yield "names swapped", _swapped(sentence)
    if _NOT.search(sentence):
        yield "negation dropped", _NOT.sub("", sentence, count=1)
    else:
        yield "negation added", _put(_VERB, sentence, lambda old: f"{old} not")


def _put(form: re.Pattern[str], sentence: str, new: Callable[[str], str] | None) -> str | None:
    """The first match replaced; None where nothing matches or nothing is there to put."""
    found = form.search(sentence)
    if found is None or new is None:
        return None
    return sentence[: found.start()] + new(found.group()) + sentence[found.end() :]


def _other(
    form: re.Pattern[str], others: str, sentence: str, chance: random.Random
) -> Callable[[str], str] | None:
    """A word of the same kind from the other passages."""
    words = sorted(set(form.findall(others)) - set(re.findall(r"\w+", sentence)))
    return (lambda _old: chance.choice(words)) if words else None


def _date_changed(sentence: str, chance: random.Random) -> str | None:
    if month := _MONTH.search(sentence):
        other = chance.choice([one for one in _MONTHS if one != month[1]])
        return sentence[: month.start(1)] + other + sentence[month.end(1) :]
    return _put(_YEAR, sentence, lambda old: str(int(old) - chance.choice([1, 3, 10])))


def _swapped(sentence: str) -> str | None:
    """Two names in each other's place: who did it to whom."""
    found = list(_NAME.finditer(sentence))
    if len(found) < 2 or found[0].group() == found[-1].group():
        return None
    one, two = found[0], found[-1]
    if not _VERB.search(sentence[one.end() : two.start()]):  # "A and B" may well be said the other way round
        return None
    between = sentence[one.end() : two.start()]
    return sentence[: one.start()] + two.group() + between + one.group() + sentence[two.end() :]


def _without_last_clause(sentence: str, answer: str) -> str | None:
    head, comma, _ = sentence.rpartition(", ")
    return f"{head}." if comma and answer in head and len(head) > len(sentence) / 2 else None


def _lowered(sentence: str) -> str:
    """Without its first capital, unless that is more than one word's opening."""
    first, _, rest = sentence.partition(" ")
    plain = first.isalpha() and first[1:].islower() and rest and rest[0].islower()
    return (first.lower() if plain else first) + " " + rest
