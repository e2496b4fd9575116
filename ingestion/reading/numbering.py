"""The numbers that a word processor puts before headings and list items, counted as it counts them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LEVELS = 9
BULLET = "bullet"
LARGEST_ROMAN = 3999
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
         (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip

place = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class Level:
    """How one depth of a list is numbered; `text` holds %1 to %9 for the numbers of the depths."""

    start: int = 1
    form: str = "decimal"
    text: str = "%1."
    is_legal: bool = False


@dataclass
class Counters:
    """Where each list stands; lists that share a key share their counting."""

    _at: dict[str, dict[int, int]] = field(default_factory=dict)

    def label(self, key: str, depth: int, levels: Mapping[int, Level]) -> str:
        """The next label at `depth`: "-" for a bullet, "" where nothing is shown."""
        level = levels.get(depth, Level(text=f"%{depth + 1}."))
        numbers = self._at.setdefault(key, {})
        numbers[depth] = numbers[depth] + 1 if depth in numbers else level.start
        for above in range(depth):
            numbers.setdefault(above, levels[above].start if above in levels else 1)
        for below in [deeper for deeper in numbers if deeper > depth]:
            del numbers[below]
        if level.form == BULLET:
            return "-"
        return place.sub(lambda found: self._shown(numbers, int(found[1]) - 1, level, levels), level.text)

    def restart(self, key: str, depth: int, start: int) -> None:
        """The next label at `depth` is that of `start`."""
        self._at.setdefault(key, {})[depth] = start - 1

    def _shown(
        self, numbers: Mapping[int, int], depth: int, level: Level, levels: Mapping[int, Level]
    ) -> str:
        own = levels.get(depth, level)
        return shown(numbers.get(depth, own.start), "decimal" if level.is_legal else own.form)


def shown(number: int, form: str) -> str:
    """A number as `form` writes it; what is not known is written in digits."""
    if form == "none":
        return ""
    if form in ("lowerLetter", "upperLetter") and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < number <= LARGEST_ROMAN:
        return roman(number) if form == "lowerRoman" else roman(number).upper()
    return f"{number:02d}" if form == "decimalZero" else str(number)


def roman(number: int) -> str:
    text = ""
    for value, letters in ROMAN:
        text += letters * (number // value)
        number %= value
    return text
