"""Follow-up questions made standalone by rule: what they lack is taken from the questions before.

    "And in the Netherlands?"  after  "What is the meal allowance for the United Kingdom in 2025?"
    →  "What is the meal allowance for the Netherlands in 2025?"

Pure. Where a pronoun points somewhere that no rule can tell, `needs_model` says so; what a model writes then
is taken only if it adds no word of its own (`is_faithful`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.answers import grounding

LONGEST = 400
_TURNS = 3

# Left out is what more often does not point: "is there", "one of", the German "das" and the polite "Sie".
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|that|these|those|he|him|his|she|her|hers|former|latter|er|ihn|ihm|ihnen"
    r"|sein(?:e[mnrs]?)?|es|dies(?:e[mnrs]?)?|davon|dafür|damit|dort|dabei|darüber"
    r"|this(?! (?:year|month|week|quarter|morning|time)\b)|there(?=\W*$))\b",
    re.I,
)
_OPENING = re.compile(
    r"^(?:and|but|or|so|und|aber|oder|also)\b[, ]*"
    r"|^(?:what about|how about|what if|was ist mit|wie (?:ist|sieht) es (?:mit|bei))\b[, ]*",
    re.I,
)
# "That" opens a clause as often as it points: "Is it true that …", "the day that …".
_CLAUSE = re.compile(r"\b(?:that|das)\s+(?:the|a|an|my|our|i|we|you|der|die|ein|eine|ich|wir)\b", re.I)
_FIGURE = re.compile(r"\d+")
_YEAR = re.compile(r"\b(?:19|20|21)\d\d\b")
_NAME_RUN = re.compile(
    r"(?<!^)(?<![.?!] )\b[A-ZÄÖÜ][\w&.-]*(?:\s+(?:of|the|and|de|van|von)?\s*[A-ZÄÖÜ][\w&.-]*)*"
)
_BARE_WORDS = 4
_CLOSING = " ?!.,;"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question asked before, as it was understood, its answer and the versions that the answer rests on."""

    question: str
    answer: str = ""
    version_ids: tuple[str, ...] = ()


def leans_back(question: str, turns: Sequence[Turn]) -> bool:
    """Whether the question cannot be understood without those before it."""
    if not turns:
        return False
    bare = question.strip()
    own = grounding.content_stems(_OPENING.sub("", bare))
    return _points(bare) or not own or (bool(_OPENING.match(bare)) and len(own) < _BARE_WORDS)


def needs_model(question: str, turns: Sequence[Turn]) -> bool:
    """A pronoun stands for something that only reading the turns can tell."""
    return leans_back(question, turns) and _points(question)


def by_rule(question: str, turns: Sequence[Turn]) -> str:
    """The question with what it lacks, from the last question it leans on; itself where it stands alone."""
    if not leans_back(question, turns):
        return question
    before = turns[-1].question
    bare = _OPENING.sub("", question.strip()).strip(_CLOSING)
    if not _points(question) and (exchanged := _exchanged(bare, before)):
        return exchanged[:LONGEST]
    return f"{question.strip().rstrip(_CLOSING)} ({before.strip().rstrip(_CLOSING)})?"[:LONGEST]


def is_faithful(written: str, question: str, turns: Sequence[Turn]) -> bool:
    """Whether a model's rewriting says all that the question says, and nothing that no turn said."""
    text = written.strip()
    if not text or len(text) > LONGEST or "\n" in text or not text.endswith("?"):
        return False
    told = " ".join([question, *(f"{turn.question} {turn.answer}" for turn in turns)])
    known = grounding.all_stems(told)
    said = set(grounding.content_stems(text))
    kept = set(grounding.content_stems(_OPENING.sub("", question.strip())))
    adds = said - set(grounding.content_stems(question))
    has_own_figures = bool(set(_FIGURE.findall(text)) - set(_FIGURE.findall(told)))
    return kept <= said <= known and bool(adds) and not has_own_figures and not _points(text)


def recent(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns that are read; what lies further back is seldom meant."""
    return tuple(turns[-_TURNS:])


def _points(question: str) -> bool:
    return bool(_POINTING.search(_CLAUSE.sub(" ", question)))


def _exchanged(bare: str, before: str) -> str | None:
    """The question before with its year or its last name replaced by the one asked about now."""
    year, name = _YEAR.findall(bare), _NAME_RUN.findall(f"- {bare}")
    rest = _NAME_RUN.sub(" ", _YEAR.sub(" ", f"- {bare}"))
    if grounding.content_stems(rest):
        return None
    found = before
    if year:
        if len(_YEAR.findall(found)) != 1:
            return None
        found = _YEAR.sub(year[0], found)
    if name:
        places = list(_NAME_RUN.finditer(found))
        if not places:
            return None
        last = places[-1]
        found = found[: last.start()] + name[-1].strip() + found[last.end() :]
    return found if found != before else None
