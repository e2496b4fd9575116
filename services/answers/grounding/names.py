"""What must be copied exactly: names, identifiers (HF-204, v2.1.3), e-mail addresses and URLs."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from dataclasses import dataclass

from services.answers.grounding import quantities, words

_ADDRESS = re.compile(r"https?://[^\s<>()\"']+|www\.[^\s<>()\"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.I)
_COMPOUND = re.compile(r"(?<![\w@])[A-Za-z0-9]+(?:[-_./:][A-Za-z0-9]+)*(?![\w@])")
_FIGURE_AND_UNIT = re.compile(r"(\d[\d.,]*)[-–]?([A-Za-z]+)")
_PREFIXED_FIGURE = re.compile(r"[a-z]{3,}[-/.:]\d+")
_GROUPED_FIGURE = re.compile(r"\d+(?:\.\d+){2,}")
_CAPITAL = re.compile(r"[A-ZÄÖÜÀ-Þ]")
_INITIAL_BEFORE = re.compile(r"(?:^|[.!?:]\s|[\"“„«(*_|]|^\W+)$")
_OPENER = re.compile(
    r"[A-Z][a-z]+(?:ly|ing)|However|Furthermore|Moreover|Overall|Instead|Based|Note|Außerdem"
)
_NO_NAMES = frozenset({"i", "ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "ok"})


@dataclass(frozen=True, slots=True)
class Name:
    """One capitalised word; `is_initial` when its capital may only be that of a sentence's start."""

    text: str
    stem: str
    is_initial: bool


def find_addresses(text: str) -> tuple[list[str], str]:
    """E-mail addresses and URLs, and the text without them."""
    found = [match.group().rstrip(".,;:!?").casefold() for match in _ADDRESS.finditer(text)]
    return found, _ADDRESS.sub(lambda match: " " * len(match.group()), text)


def find_identifiers(text: str) -> tuple[list[str], str]:
    """Codes that mix letters and digits or have several dots, and the text without them."""
    found: list[str] = []

    def note(match: re.Match[str]) -> str:
        if not _is_identifier(match.group()):
            return match.group()
        found.append(match.group().casefold())
        return " " * len(match.group())

    return found, _COMPOUND.sub(note, text)


def _is_identifier(token: str) -> bool:
    has_digit = any(character.isdigit() for character in token)
    if not has_digit:
        return False
    if not any(character.isalpha() for character in token):
        return bool(_GROUPED_FIGURE.fullmatch(token))
    if _PREFIXED_FIGURE.fullmatch(token):
        return False
    figure = _FIGURE_AND_UNIT.fullmatch(token)
    return figure is None or not _is_unit(token, figure[2])


def _is_unit(token: str, suffix: str) -> bool:
    known = bool(quantities.units_in(suffix)) or suffix.lower() in {
        "k",
        "m",
        "bn",
        "g",
        "l",
        "h",
        "s",
        "w",
        "v",
    }
    return known or suffix in {"st", "nd", "rd", "th"} or ("-" in token and suffix.islower())


def find_names(text: str) -> list[Name]:
    """Capitalised words, single letters and function words left out."""
    found = []
    for word, start, _ in words.tokens(text):
        if not _CAPITAL.search(word) or len(word) == 1 or word.lower() in _NO_NAMES:
            continue
        initial = bool(_INITIAL_BEFORE.search(text[max(0, start - 3) : start])) or not text[:start].strip(
            " \"'*_-(|"
        )
        if words.is_function_word(word) and not (word.isupper() and not initial):
            continue
        if word[0].isdigit() or (initial and _OPENER.fullmatch(word)):
            continue
        found.append(Name(word, words.stem(word), initial and word[1:].islower()))
    return found
