"""What Tesseract says of a page, word by word, made paragraphs; and how sure it was of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

WORD, FIELDS = "5", 12
LEAST_SURE = 40.0
"""Below it, of 100, what was found are no words but specks and lines."""
SURE = 70.0
"""From it on, the page lies as it should."""

hyphen = re.compile(r"(?<=\w)-\n(?=[a-z\u00df-\u00ff])")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Paragraphs parted by blank lines, and the confidence in their letters, of 100."""

    text: str = ""
    confidence: float = 0.0

    @property
    def is_legible(self) -> bool:
        return bool(self.text) and self.confidence >= LEAST_SURE

    @property
    def is_sure(self) -> bool:
        return bool(self.text) and self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class _Word:
    paragraph: tuple[str, ...]
    line: str
    confidence: float
    text: str


def read_table(said: str) -> Recognised:
    """From the program's table of words."""
    words = list(_words(said))
    letters = sum(len(word.text) for word in words)
    if not letters:
        return Recognised()
    confidence = sum(word.confidence * len(word.text) for word in words) / letters
    paragraphs = (_paragraph(list(group)) for _, group in groupby(words, key=lambda word: word.paragraph))
    return Recognised("\n\n".join(paragraphs), confidence)


def _words(said: str) -> Iterator[_Word]:
    for row in said.split("\n"):
        fields = row.split("\t")
        if len(fields) == FIELDS and fields[0] == WORD and fields[11].strip():
            try:
                yield _Word(tuple(fields[2:4]), fields[4], float(fields[10]), fields[11].strip())
            except ValueError:
                continue


def _paragraph(words: list[_Word]) -> str:
    lines = (" ".join(word.text for word in line) for _, line in groupby(words, key=lambda word: word.line))
    return hyphen.sub("", "\n".join(lines))
