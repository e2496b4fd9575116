"""Which thing is meant? Asked back where a bare question has another answer under each of several headings.

"What is the limit?" over a travel policy and a purchasing procedure has two right answers. Any word that
tells them apart, and any difference in how well they fit, and the question is answered instead.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.answers.grounding import facts, quoting
from services.answers.grounding.evidence import Evidence
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.vocabulary import word_set
from services.answers.grounding.words import is_german
from services.passages import Passage

_WORDS_AT_MOST = 2
_OPTIONS_AT_MOST = 4
_AS_GOOD = 0.75
# "How high", "how long": words of asking, which the answer need not have.
_MEASURES = word_set(
    """
    long often old far high tall large big fast soon wide deep heavy
    hoch lang lange oft weit gross groß alt schwer schnell
    """
)
_TOLD_BY_DIGITS = re.compile(r"[\d\W_]+")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that may be meant; `question` asks for it alone."""

    label: str
    question: str
    passage: Passage


def find_options(index: PassageIndex) -> tuple[Option, ...]:
    """Two to four things the question may mean, best first; empty where it is clear enough."""
    if not _is_bare(index):
        return ()
    rivals = list(_rivals(index))
    if len(rivals) < 2 or len({_values(item, index) for item in rivals}) < len(rivals):
        return ()
    labels = [_label(item, rivals) for item in rivals]
    options = [
        Option(label, f"{index.question.text} ({label})", item.passage)
        for label, item in zip(labels, rivals, strict=True)
        if facts.terms(label) - index.question.stems
    ]
    return tuple(options[:_OPTIONS_AT_MOST]) if len(options) == len(rivals) else ()


def question_back(options: tuple[Option, ...], question: str) -> str:
    """The question to the asker, in the question's language."""
    *first, last = [f"“{option.label}”" for option in options]
    if is_german(question):
        return f"Das kann Verschiedenes meinen. Was ist gemeint: {', '.join(first)} oder {last}?"
    return f"This may mean several things. Which one do you mean: {', '.join(first)} or {last}?"


def _is_bare(index: PassageIndex) -> bool:
    """A fact is asked for in one or two words, without a name, a code or a figure to tell things apart."""
    asked = index.question
    return (
        asked.expected in ("date", "number", "name")
        and 1 <= len(asked.stems - _MEASURES) <= _WORDS_AT_MOST
        and not (asked.names or asked.facts.quantities or asked.facts.dates or asked.facts.identifiers)
    )


def _rivals(index: PassageIndex) -> Iterator[Evidence]:
    """The best answering sentence of each subject, as far as its passage fits about as well as the first."""
    seen: Mapping[str, Evidence] = {}
    best = max((passage.score for passage in index.passages), default=0.0)
    for item in quoting.fitting(index, index.question.stems - _MEASURES):
        subject = _subject(item.passage)
        if item.passage.score >= _AS_GOOD * best and subject not in seen:
            seen = {**seen, subject: item}
            yield item


def _subject(passage: Passage) -> str:
    """Document and innermost heading as words: editions of one policy are one subject."""
    parts = [_title(passage.document_name), *passage.heading_path[-1:]]
    return " ".join(_TOLD_BY_DIGITS.sub(" ", " ".join(parts)).casefold().split())


def _label(item: Evidence, rivals: list[Evidence]) -> str:
    """The heading where headings tell the rivals apart, else the document's title, else both."""
    for tell in (_heading, lambda passage: _title(passage.document_name)):
        told = [tell(one.passage) for one in rivals]
        if all(told) and len({one.casefold() for one in told}) == len(told):
            return tell(item.passage)
    return " – ".join(part for part in (_title(item.passage.document_name), _heading(item.passage)) if part)  # noqa: RUF001


def _heading(passage: Passage) -> str:
    return passage.heading_path[-1].strip() if passage.heading_path else ""


def _title(name: str) -> str:
    return re.sub(r"[-_.]+", " ", re.sub(r"\.\w{2,5}$", "", name.rpartition("/")[2])).strip()


def _values(item: Evidence, index: PassageIndex) -> frozenset[str]:
    """What would be the answer: dates, numbers with their units, or names."""
    found = item.facts
    if index.question.expected == "name":
        return frozenset(name.stem for name in found.names if not name.is_initial)
    dates = {str(date) for date in found.dates}
    return frozenset(dates | {f"{one.value} {one.unit}" for one in (*found.quantities, *found.implied)})
