"""Dates and parts of dates: ISO, written out in English and German, dotted, quarters and halves of a year."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_MONTH_NAMES = (
    "january januar jänner jan",
    "february februar feb",
    "march märz mar mär",
    "april apr",
    "may mai",
    "june juni jun",
    "july juli jul",
    "august aug",
    "september sep sept",
    "october oktober oct okt",
    "november nov",
    "december dezember dec dez",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?\d)"
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


@dataclass(frozen=True, slots=True)
class Date:
    """What a text says of a date; a part it does not say is None. `span` is "Q1".."Q4", "H1" or "H2"."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    span: str = ""

    def is_within(self, other: "Date") -> bool:
        """Everything this date says, `other` says too."""
        return (
            self.year in (None, other.year)
            and self.month in (None, other.month)
            and self.day in (None, other.day)
            and self.span in ("", other.span)
        )

    def __str__(self) -> str:
        parts = [self.span, *(str(part) for part in (self.year, self.month, self.day) if part is not None)]
        return "-".join(part for part in parts if part)


def _written(match: re.Match[str]) -> Date:
    groups = match.groupdict()
    return Date(
        int(groups["year"]) if groups.get("year") else None,
        _MONTHS[groups["month"].lower()],
        int(groups["day"]) if groups.get("day") else None,
    )


def _numeric(match: re.Match[str]) -> Date:
    year = int(match["year"])
    return Date(year if year > 99 else 2000 + year, int(match["month"]), int(match["day"]))


def _slashed(match: re.Match[str]) -> Date:
    """3/4/2025 is read month first unless it cannot be; both sides are read the same way."""
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    month, day = (two, one) if one > 12 else (one, two)
    return Date(year if year > 99 else 2000 + year, month, day)


def _quarter(match: re.Match[str]) -> Date:
    number = match["number"] or str(_ORDINALS[match["word"].lower()])
    letter = "H" if (match["half"] or match["letter"] or "").upper().startswith("H") else "Q"
    return Date(int(match["year"]) if match["year"] else None, span=letter + number)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Date]], ...] = (
    (re.compile(r"(?<![\w-])(?P<year>\d{4})-(?P<month>[01]\d)-(?P<day>[0-3]\d)(?![\d-])"), _numeric),
    (
        re.compile(
            r"(?<![\w.])(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.\s?(?P<year>\d{4}|\d\d(?!\d))(?![\w])"
        ),
        _numeric,
    ),
    (re.compile(r"(?<![\w/])(?P<one>[0-3]?\d)/(?P<two>[0-3]?\d)/(?P<year>\d{4}|\d\d)(?![\w/])"), _slashed),
    (re.compile(rf"(?<![\w]){_DAY}(?:st|nd|rd|th|\.)?\s(?:of\s)?{_MONTH},?(?:\s{_YEAR}\b)?", re.I), _written),
    (re.compile(rf"\b{_MONTH}\s{_DAY}(?:st|nd|rd|th)?\b(?![.,]?\d|:)(?:,?\s{_YEAR}\b)?", re.I), _written),
    (re.compile(rf"\b{_MONTH},?\s(?:of\s)?{_YEAR}\b", re.I), _written),
    (
        re.compile(
            rf"(?<![\w-])(?:(?P<letter>[QH])(?P<number>[1-4])|(?:(?P<word>first|second|third|fourth))\s(?:quarter|(?P<half>half)))"
            rf"\b(?:\s(?:of\s)?(?:the\s)?(?:FY\s?)?(?:year\s)?{_YEAR})?",
            re.I,
        ),
        _quarter,
    ),
    (
        re.compile(
            rf"(?<![\w])(?P<number>[1-4])\.\s(?:(?P<letter>Q)uartal|(?P<half>H)albjahr)(?P<word>)(?:\s{_YEAR})?"
        ),
        _quarter,
    ),
)
# A bare month is a name only when written with a capital, and never "may" or "march" the verbs.
_BARE_MONTH = re.compile(
    r"(?<=\s)(?:(?<=\b[Ii]n\s)|(?<=\b[Uu]ntil\s)|(?<=\b[Bb]y\s)|(?<=\b[Ee]very\s)|(?<=\b[Ss]ince\s)|(?<=\b[Ii]m\s))"
    r"(?P<month>January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember)\b"
    r"|\b(?P<plain>January|February|April|June|July|August|September|October|November|December|Januar|Februar|März"
    r"|Mai|Juni|Juli|Oktober|Dezember)\b"
)


def find_dates(text: str) -> tuple[list[Date], str]:
    """The dates of `text`, and `text` with them blanked out, so that no part is read as a number again."""
    found: list[Date] = []
    for pattern, read in _FORMS:
        text = pattern.sub(lambda match, read=read: _note(read(match), match, found), text)  # type: ignore[misc]
    return found, _BARE_MONTH.sub(lambda match: _note(_bare(match), match, found), text)


def _bare(match: re.Match[str]) -> Date:
    return Date(month=_MONTHS[(match["month"] or match["plain"]).lower()])


def _note(date: Date, match: re.Match[str], found: list[Date]) -> str:
    if date.month is not None and not 1 <= date.month <= 12:
        return match.group()
    if date.day is not None and not 1 <= date.day <= 31:
        return match.group()
    found.append(date)
    return " " * len(match.group())
