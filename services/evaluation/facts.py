"""What a sentence states that can be looked up: figures with their units, identifiers, names.

Written for the judge alone; the product's own reading of facts is not used, so that the two can disagree.
"""

import re
from dataclasses import dataclass

from services.evaluation import wording

_CURRENCIES = {
    "£": "£",
    "gbp": "£",
    "pound": "£",
    "€": "€",
    "eur": "€",
    "euro": "€",
    "$": "$",
    "usd": "$",
    "dollar": "$",
}
_UNITS = {
    "day", "week", "month", "year", "hour", "minute", "second", "time", "people", "person", "litre", "metre",
    "kilometre", "mile", "bar", "pence", "gigabyte", "degree", "space", "percent",
}  # fmt: skip
_FIGURE = re.compile(r"\d+(?:[.:]\d+)*")
_CAPITALISED = re.compile(r"[A-Z][^\W\d_]+|[A-Z]{2,}")
_WORD = re.compile(r"[^\W_]+(?:[-.:/'’&][^\W_]+)*")  # noqa: RUF001  (the typographic apostrophe is meant)
_NEGATIONS = {"not", "no", "never", "without", "none", "cannot", "neither", "nor"}
_CONTENT = re.compile(r"[a-z]{3,}")
_EMPTY_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "the and for are was were has have had with from that this these those you your our their its his "
        "her they them will would can may must should shall does did been being but who whom which what when "
        "where how why than then also any all each per into onto over under about there here",
    )
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as stated; `unit` is empty where none of the known ones stands beside it."""

    value: str
    unit: str = ""


def figures(text: str) -> set[Figure]:
    found = wording.tokens(text)
    return {
        Figure(value, _unit(found, place))
        for place, token in enumerate(found)
        if (value := _value(token)) is not None
    }


def _value(token: str) -> str | None:
    """ "28" and "12-month" state a number; "e-17" and "p25-400" are names."""
    head, _, tail = token.partition("-")
    if not _FIGURE.fullmatch(head) or (tail and not _CONTENT.fullmatch(tail)):
        return None
    return head.rstrip("0").rstrip(".") if "." in head else head


def _unit(found: list[str], place: int) -> str:
    if place and (before := _CURRENCIES.get(found[place - 1])):
        return before
    _, _, joined = found[place].partition("-")
    # "15 working days": one adjective may stand between the number and its unit.
    for word in [joined, *found[place + 1 : place + 3]]:
        if word == "%":
            return "percent"
        single = word.removesuffix("s")
        if unit := _CURRENCIES.get(single) or next((one for one in (word, single) if one in _UNITS), ""):
            return unit
    return ""


def identifiers(text: str) -> set[str]:
    """Codes such as E-17, P25-400, EX-4, GP470: letters and digits in one token."""
    return {
        token
        for token in wording.tokens(text)
        if any(sign.isdigit() for sign in token)
        and any(sign.isalpha() for sign in token)
        and _value(token) is None
    }


def names(text: str) -> set[str]:
    """Capitalised words; a sentence's first word only where another capitalised word follows it."""
    words = _WORD.findall(text)
    starts = {match.start(1) for match in re.finditer(r"(?:^|[.!?:]\s+|\n\s*)[\W_]*([^\W_])", text)}
    places = [match.start() for match in _WORD.finditer(text)]
    found = set()
    for number, (word, place) in enumerate(zip(words, places, strict=True)):
        next_is_capitalised = number + 1 < len(words) and _CAPITALISED.match(words[number + 1]) is not None
        if _CAPITALISED.match(word) and word != "I" and (place not in starts or next_is_capitalised):
            found.add(_bare(wording.plain(word)))
    return {name for name in found if not any(sign.isdigit() for sign in name)}


def name_words(text: str) -> set[str]:
    """Every word of a text in the form in which `names` gives them, and the parts of joined words."""
    words = wording.tokens(text)
    return {_bare(part) for word in words for part in [word, *re.split(r"[-./&]", word)]}


def _bare(word: str) -> str:
    return word.removesuffix("'s").removesuffix("'").removesuffix("s")


def content_words(text: str) -> set[str]:
    """Words that carry meaning, singular, without those that any sentence has."""
    return {_bare(word) for word in _CONTENT.findall(wording.plain(text)) if word not in _EMPTY_WORDS}


def is_negated(text: str) -> bool:
    found = wording.tokens(text)
    return any(token in _NEGATIONS or token.endswith("n't") for token in found)
