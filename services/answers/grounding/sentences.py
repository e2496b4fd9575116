"""Sentences with their exact offsets, of stored text and of a stream that is still being written.

A table row, list item, heading line or code block counts as a sentence. One scanner serves both sides:
on a stream it answers "wait" wherever more text could change its mind, so any split of the same text
yields the same sentences.
"""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.answers.grounding import abbreviations

Kind = Literal["prose", "item", "row", "heading", "code"]

_WAIT = -1
_GOES_ON = 0
_WINDOW = 16  # characters of a line that decide its kind

_MARKER = re.compile(r"(?:[-*+•–‣◦▪]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))\s+")
_GERMAN_DATE = re.compile(r"\d{1,2}\.\s+(?:Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)")
_HEADING = re.compile(r"#{1,6}\s")
_FENCE = re.compile(r"```|~~~")
_STOP = re.compile(r"[.!?…]|\n")
_TERMINATOR = re.compile(r"[.!?…]+[\"'”’“»«)\]*_]*")
_WORD_WINDOW = 14
_NEXT_WORD = re.compile(r"\S{1,14}")
_CITATION_MARK = re.compile(r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_LINE_GOES_ON = re.compile(
    r"(?:[,;\-–(/&]|\b(?:a|an|the|of|and|or|to|in|for|with|by|der|die|das|und|oder|von|mit|für))$", re.I
)
_COLUMNS = re.compile(r"\S(?:\t| {2,})\S")
_ENDS_IN_FIGURE = re.compile(r"\d[\d.,]*\s?(?:[%€$£]|[A-Z]{3})?$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text == source[start:end]`, without surrounding white space."""

    text: str
    start: int
    end: int
    kind: Kind = "prose"


class SentenceBuffer:
    """Holds a stream back to its sentence ends: feed it tokens, take whole sentences."""

    def __init__(self) -> None:
        self._text = ""
        self._position = 0

    def feed(self, token_text: str) -> list[str]:
        """Sentences that `token_text` has completed."""
        self._text += token_text
        return [sentence.text for sentence in self._take(final=False)]

    def finish(self) -> list[str]:
        """What is left, at the end of the stream."""
        return [sentence.text for sentence in self._take(final=True)]

    def _take(self, *, final: bool) -> Iterator[Sentence]:
        while sentence := _scan(self._text, self._position, final=final):
            self._position = sentence.end
            yield sentence


def split_sentences(text: str) -> list[Sentence]:
    """All sentences of `text`, in order."""
    found = []
    position = 0
    while sentence := _scan(text, position, final=True):
        found.append(sentence)
        position = sentence.end
    return found


def join_sentences(texts: list[str]) -> str:
    """One text again: lines for what was a line of its own, a space between sentences of prose."""
    joined = ""
    for text in texts:
        if joined:
            joined += "\n" if _line_kind(text, 0) != "prose" or joined.endswith(":") else " "
        joined += text
    return joined


def without_marker(text: str) -> str:
    """The words of a list item or heading without its bullet, number or hashes."""
    stripped = text.lstrip()
    kind = _line_kind(stripped, 0)
    pattern = {"item": _MARKER, "heading": re.compile(r"#{1,6}\s+")}.get(kind)
    match = pattern.match(stripped) if pattern else None
    return stripped[match.end() :] if match else stripped


def _scan(text: str, position: int, *, final: bool) -> Sentence | None:
    """The next sentence at or after `position`; None at the end, or when more text could change it."""
    start = _skip_space(text, position)
    if start == len(text):
        return None
    kind: Kind = "prose"
    if _at_line_start(text, start):
        if not _is_decided(text, start, final=final):
            return None
        kind = _line_kind(text, start)
    end = _end_of(text, start, kind, final=final)
    if end == _WAIT:
        return None
    end = start + len(text[start:end].rstrip())
    return Sentence(text[start:end], start, end, kind)


def _end_of(text: str, start: int, kind: Kind, *, final: bool) -> int:
    if kind == "code":
        return _code_end(text, start, final=final)
    if kind in ("row", "heading"):
        newline = text.find("\n", start)
        return newline if newline >= 0 else _at_end(text, final=final)
    marker = _MARKER.match(text, start) if kind == "item" else None
    return _prose_end(text, start, marker.end() if marker else start, final=final)


def _prose_end(text: str, start: int, scan_from: int, *, final: bool) -> int:
    position = scan_from
    while stop := _STOP.search(text, position):
        at = stop.start()
        if text[at] == "\n":
            end, position = _line_break(text, start, at, final=final), at + 1
        else:
            run = _TERMINATOR.match(text, at)
            position = run.end() if run else at + 1
            end = _terminator_end(text, start, at, position, final=final)
        if end != _GOES_ON:
            return end
    return _at_end(text, final=final)


def _terminator_end(text: str, start: int, at: int, run_end: int, *, final: bool) -> int:
    """The end of the sentence whose terminators and closing quotes run from `at` to `run_end`."""
    if run_end == len(text):
        return _at_end(text, final=final)
    if not text[run_end].isspace() and text[run_end] != "[":
        return _GOES_ON
    end, following = _after_marks(text, run_end, final=final)
    if end == _WAIT or text.count("\n", end, following) > 1:
        return end
    word = _NEXT_WORD.match(text, following)
    if word is None or (word.end() == len(text) and len(word.group()) < _WORD_WINDOW and not final):
        return _at_end(text, final=final)
    if "\n" in text[end:following] and not _is_decided(text, following, final=final):
        return _WAIT
    starts_line = "\n" in text[end:following] and _line_kind(text, following) != "prose"
    return end if starts_line or _is_stop(text, start, at, word.group()) else _GOES_ON


def _is_stop(text: str, start: int, at: int, following: str) -> bool:
    if text[at] in "!?…" or text[at : at + 2] == "..":
        return not following[:1].islower()
    return abbreviations.ends_sentence(text[max(start, at - 30) : at + 1], following)


def _after_marks(text: str, position: int, *, final: bool) -> tuple[int, int]:
    """Past citation marks such as `[1]` of the sentence: where it ends and the next word begins."""
    while True:
        following = _skip_space(text, position)
        if following == len(text) or text[following] != "[":
            return position, following
        mark = _CITATION_MARK.match(text, following)
        if mark is None:
            undecided = not final and len(text) - following < _WINDOW and "]" not in text[following:]
            return (_WAIT if undecided else position), following
        if mark.end() == len(text) and not final:
            return _WAIT, following
        position = mark.end()


def _line_break(text: str, start: int, newline: int, *, final: bool) -> int:
    """Does the sentence end at this line end? A soft wrap goes on, a label or a borderless row ends."""
    following = _skip_space(text, newline)
    if text.count("\n", newline, following) > 1:
        return newline
    if following == len(text):
        return _at_end(text, final=final)
    if not _is_decided(text, following, final=final):
        return _WAIT
    if _line_kind(text, following) != "prose":
        return newline
    line = text[max(text.rfind("\n", 0, newline) + 1, start) : newline].rstrip()
    return newline if _ends_line(line, text[following]) else _GOES_ON


def _ends_line(line: str, next_character: str) -> bool:
    if line.endswith(":"):
        return True
    if next_character.islower() or _LINE_GOES_ON.search(line):
        return False
    is_row = bool(_COLUMNS.search(line)) or (len(line) < 70 and bool(_ENDS_IN_FIGURE.search(line)))
    return is_row or len(line) < 40


def _code_end(text: str, start: int, *, final: bool) -> int:
    fence = text[start : start + 3]
    closing = re.compile(r"\n[ \t]*" + fence + r"[`~]*[ \t]*(?=\n)").search(text, start)
    return closing.end() if closing else _at_end(text, final=final)


def _line_kind(text: str, at: int) -> Kind:
    window = text[at : at + _WINDOW].split("\n", 1)[0]
    if _FENCE.match(window):
        return "code"
    if window.startswith("|"):
        return "row"
    if _HEADING.match(window):
        return "heading"
    return "item" if _MARKER.match(window) and not _GERMAN_DATE.match(window) else "prose"


def _is_decided(text: str, at: int, *, final: bool) -> bool:
    return final or len(text) - at >= _WINDOW or "\n" in text[at:]


def _at_line_start(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _at_end(text: str, *, final: bool) -> int:
    return len(text) if final else _WAIT
