"""Two writings of one text made comparable: table marks, thousands, number words and spaces do not count.

Nothing here is shared with the product's grounding: the judge must not repeat its mistakes.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_TABLE_AND_EMPHASIS = re.compile(r"[|*#`_]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TOKEN = re.compile(r"[^\W_]+(?:[-.:/'&][^\W_]+)*|[£€$%]")
# "One" is left out: "no one" and "one of the" state no number.
_UP_TO_TWENTY = [
    "zero", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_NUMBERS = {
    word: str(value) for word, value in [*zip(_UP_TO_TWENTY, range(21), strict=True), *_TENS.items()] if word
}


def plain(text: str) -> str:
    """Lower case, straight quotes, no table or emphasis marks, no thousands separators, single spaces."""
    straight = unicodedata.normalize("NFKC", text).translate(
        str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2010", "''\"\"---")
    )
    return " ".join(_THOUSANDS.sub("", _TABLE_AND_EMPHASIS.sub(" ", straight)).casefold().split())


def tokens(text: str) -> list[str]:
    """The words, figures and currency signs of a text, number words as figures."""
    return [_NUMBERS.get(token, token) for token in _TOKEN.findall(plain(text))]


def holds(text: str, wanted: str) -> bool:
    """`wanted` stands in `text` as whole tokens, in order and without a gap."""
    return has_run(tokens(text), tokens(wanted))


def has_run(found: Sequence[str], wanted: Sequence[str]) -> bool:
    length = len(wanted)
    return any(list(found[at : at + length]) == list(wanted) for at in range(len(found) - length + 1))


def is_written_in(wanted: str, text: str) -> bool:
    """`wanted` stands in `text` character by character (after `plain`), not as a part of a longer word."""
    return re.search(rf"(?<![^\W_]){re.escape(plain(wanted))}(?![^\W_])", plain(text)) is not None


def pieces(text: str) -> list[str]:
    """Sentences and lines of a gold support, each of which may stand in a passage of its own."""
    return [piece for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z])|\n", text) if piece.strip()]


def squeezed(text: str) -> str:
    """White space only: what "verbatim" may still differ in."""
    return " ".join(text.split())


def all_hold(text: str, wanted: Iterable[str]) -> bool:
    found = tokens(text)
    return all(has_run(found, tokens(piece)) for piece in wanted)
