"""Numbers with their units: figures in English and German writing, spelled-out numbers, clock times."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from dataclasses import dataclass
from decimal import Decimal

from services.answers.grounding.vocabulary import word_map

_UNITS = word_map(
    """
    day: day, days, tag, tage, tagen, kalendertag, kalendertage, arbeitstag, arbeitstage, werktag, werktage
    week: week, weeks, wk, wks, woche, wochen
    month: month, months, monat, monate, monaten
    year: year, years, yr, yrs, jahr, jahre, jahren
    hour: hour, hours, hr, hrs, h, stunde, stunden, std
    minute: minute, minutes, min, mins, minuten
    second: sec, secs, seconds, sekunde, sekunden
    night: night, nights, nacht, nächte, nächten
    %: %, percent, prozent, pct
    ‰: ‰, permille, promille
    EUR: €, eur, euro, euros
    USD: $, usd, us$, dollar, dollars
    GBP: £, gbp, pound, pounds, pfund
    JPY: ¥, jpy, yen
    CHF: chf, franken, francs
    cent: cent, cents, pence
    km: km, kilometre, kilometres, kilometer, kilometers, kilometern
    m: m, metre, metres, meter, meters, metern
    cm: cm, centimetre, centimetres, centimeter, centimeters, zentimeter
    mm: mm, millimetre, millimetres, millimeter, millimeters
    mile: mile, miles, mi, meile, meilen
    foot: foot, feet, ft
    inch: inch, inches, zoll
    kg: kg, kilogram, kilograms, kilogramm, kilo, kilos
    g: g, gram, grams, gramm
    t: tonne, tonnes, tonnen, ton, tons
    l: l, litre, litres, liter, liters, litern
    ml: ml, millilitre, millilitres, milliliter, milliliters
    kB: kb, kilobyte, kilobytes
    MB: mb, megabyte, megabytes
    GB: gb, gigabyte, gigabytes
    TB: tb, terabyte, terabytes
    bit: bit, bits
    W: w, watt, watts
    kW: kw, kilowatt, kilowatts
    kWh: kwh
    V: v, volt, volts
    A: amp, amps, ampere
    Hz: hz, hertz
    bar: bar
    °C: °c, celsius
    °F: °f, fahrenheit
    times: times, mal
    rpm: rpm
    ordinal: st, nd, rd, th
    """
)


def _numbers(text: str) -> dict[str, Decimal]:
    return {word: Decimal(value) for word, value in word_map(text).items()}


_MULTIPLIERS = _numbers(
    """
    100: hundred
    1000: thousand, tsd, tausend, k
    1000000: million, millions, millionen, mio, mn
    1000000000: billion, billions, bn, milliarde, milliarden, mrd
    1000000000000: trillion, billionen
    """
)
_SMALL = _numbers(
    """
    0: zero, null
    2: two, zwei, zweite, zweiten, zweiter
    3: three, drei, third, dritte, dritten, dritter
    4: four, vier, fourth, vierte, vierten, vierter
    5: five, fünf, fifth, fünfte, fünften
    6: six, sechs, sixth
    7: seven, sieben, seventh
    8: eight, acht, eighth
    9: nine, neun, ninth
    10: ten, zehn, tenth
    11: eleven, elf
    12: twelve, dozen, zwölf
    13: thirteen, dreizehn
    14: fourteen, vierzehn
    15: fifteen, fünfzehn
    16: sixteen, sechzehn
    17: seventeen, siebzehn
    18: eighteen, achtzehn
    19: nineteen, neunzehn
    20: zwanzig
    30: dreißig
    40: vierzig
    50: fünfzig
    60: sechzig
    70: siebzig
    80: achtzig
    90: neunzig
    100: hundert
    0.5: half, hälfte, halbe
    """
)
_TENS = _numbers(
    """
    20: twenty
    30: thirty
    40: forty
    50: fifty
    60: sixty
    70: seventy
    80: eighty
    90: ninety
    """
)
_REPEATED = _numbers(
    """
    1: once, einmal
    2: twice, zweimal
    3: thrice, dreimal
    """
)
_FIRST = _numbers(
    """
    1: first, erste, ersten, erster
    2: second
    """
)
_ONES = {"one": Decimal(1), **{word: value for word, value in _SMALL.items() if 0 < value < 10}}
SPELLED = frozenset({*_SMALL, *_TENS, *_REPEATED, "hundred", "thousand", "million", "billion", "tausend"})
_ARTICLES = ("one", "a", "an", "ein", "eine", "einen", "einem", "einer")

_TIME = re.compile(
    r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?\s?"
    r"(?:(?P<half>[ap])\.?\s?m\b\.?|(?P<clock>Uhr|o['’]clock))"
    r"|(?<![\d:.,])(?P<hour2>[01]?\d|2[0-4]):(?P<minute2>[0-5]\d)(?![\d:])",
    re.I,
)
_FIGURE = re.compile(
    r"(?P<currency>[€$£¥]|\b(?:USD|EUR|GBP|CHF)\b)?[ \u00a0]?(?P<sign>(?<![\w)])[-−–](?=\d))?"
    r"(?<!\w)(?<!\d[.,])(?P<figure>\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?:[ \u00a0-]?(?P<next>[%‰€$£¥]|°[CF]\b|[^\W\d_]+))?(?:\.?[ \u00a0](?P<then>[€$£¥]|[^\W\d_]+))?"
)
_SPELLED = re.compile(
    r"\b(?P<word>"
    + "|".join(sorted({*_SMALL, *_TENS, *_REPEATED, *_FIRST, *_ARTICLES}, key=len, reverse=True))
    + r")\b(?:[- ](?P<next>[^\W\d_]+))?(?:[ ](?P<then>[^\W\d_]+))?",
    re.I,
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in canonical decimal form ("1200", "3.5"); `unit` canonical, "" where none is beside it."""

    value: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".strip()


def find_quantities(text: str) -> tuple[list[Quantity], list[Quantity]]:
    """The numbers that `text` states, and those it only implies ("a day" is 1 day)."""
    stated: list[Quantity] = []
    implied: list[Quantity] = []
    rest = _TIME.sub(lambda match: _note_time(match, stated), text)
    rest = _FIGURE.sub(lambda match: _note_figure(match, stated), rest)
    for match in _SPELLED.finditer(rest):
        _note_spelled(match, rest, stated, implied)
    return stated, implied


def units_in(text: str) -> frozenset[str]:
    """Every unit named anywhere in `text`, also away from a number (a column's heading)."""
    words = re.findall(r"[%‰€$£¥]|°[CF]|[^\W\d_]+", text)
    return frozenset(
        _UNITS[low] for word in words if (low := word.lower()) in _UNITS and len(low) != 1
    ) | frozenset(_UNITS[word] for word in words if word in "%‰€$£¥")


def canonical_value(figure: str) -> str:
    """One writing for "1,200", "1.200" and "1200"; groups of three are thousands."""
    bare = re.sub(r"['’\u00a0\u202f]", "", figure)
    if "," in bare and "." in bare:
        decimal = max(bare.rfind(","), bare.rfind("."))
        bare = re.sub(r"[.,]", "", bare[:decimal]) + "." + bare[decimal + 1 :]
    elif (
        (_GROUPED.fullmatch(bare) and not bare.startswith("0")) or bare.count(",") > 1 or bare.count(".") > 1
    ):
        bare = re.sub(r"[.,]", "", bare)
    return _plain(Decimal(bare.replace(",", ".")))


def _plain(value: Decimal) -> str:
    shown = format(value, "f")
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown.lstrip("0")) or "0"


def _unit(word: str | None) -> str:
    if not word:
        return ""
    return _UNITS.get(word.lower(), "") if len(word) > 1 or not word.isupper() else ""


def _note_time(match: re.Match[str], found: list[Quantity]) -> str:
    hour = int(match["hour"] or match["hour2"])
    half = (match["half"] or "").lower()
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    found.append(Quantity(f"{hour}:{match['minute'] or match['minute2'] or '00'}", "clock"))
    return " " * len(match.group())


def _note_figure(match: re.Match[str], found: list[Quantity]) -> str:
    value = Decimal(canonical_value(match["figure"]))
    currency = _unit(match["currency"])
    after, then = match["next"], match["then"]
    unit = ""
    if after and after.lower() in _MULTIPLIERS and (len(after) > 1 or currency):
        value *= _MULTIPLIERS[after.lower()]
        unit = _unit(then)
    elif after:
        unit = _unit(after) or (_unit(then) if then and _is_unit_of_time(then) else "")
    sign = "-" if match["sign"] else ""
    found.append(Quantity(sign + _plain(value), currency or unit))
    return match.group()[match.end("figure") - match.start() :].rjust(len(match.group()))


def _is_unit_of_time(word: str) -> bool:
    """ "30 calendar days": the noun after an adjective still names the unit."""
    return _UNITS.get(word.lower()) in {"day", "week", "month", "year", "hour", "minute"}


def _note_spelled(match: re.Match[str], text: str, stated: list[Quantity], implied: list[Quantity]) -> None:
    word, after, then = match["word"].lower(), (match["next"] or "").lower(), (match["then"] or "").lower()
    if word in _REPEATED:
        stated.append(Quantity(_plain(_REPEATED[word]), "times"))
    elif word in _TENS:
        _note_tens(word, after, then, stated)
    elif word in _SMALL:
        _note_small(word, after, then, stated)
    elif word in _FIRST:
        if match.start() > 0 and not text.startswith(",", match.end("word")):
            stated.append(Quantity(_plain(_FIRST[word]), "ordinal"))
    elif unit := _unit(after) if len(after) > 2 else "":
        (stated if word == "one" else implied).append(Quantity("1", unit))


def _note_tens(word: str, after: str, then: str, found: list[Quantity]) -> None:
    ones = _ONES.get(after, Decimal(0))
    unit = _unit(then) if ones else _unit(after) or (_unit(then) if _is_unit_of_time(then) else "")
    found.append(Quantity(_plain(_TENS[word] + ones), unit))


def _note_small(word: str, after: str, then: str, found: list[Quantity]) -> None:
    value = _SMALL[word]
    if after in _MULTIPLIERS and len(after) > 1:
        found.append(Quantity(_plain(value * _MULTIPLIERS[after]), _unit(then)))
        return
    unit = _unit(after) if len(after) > 1 else ""
    found.append(Quantity(_plain(value), unit or (_unit(then) if _is_unit_of_time(then) else "")))
