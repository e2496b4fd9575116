"""What a question asks for: its words, its exact parts and the kind of answer it expects."""

import re
from dataclasses import dataclass
from typing import Literal

from services.answers.grounding import facts, words
from services.answers.grounding.facts import Facts
from services.answers.grounding.names import Name

Expected = Literal["date", "number", "name", "reply", "any"]

# What one sentence seldom answers: how something works, why, what there is, or two things at once.
_BROAD = re.compile(
    r"\b(?:how (?:do|does|did|can|could|should|are|is|was|were|will|would|to)|why|explain|describe"
    r"|summari[sz]e|compare|which steps"
    r"|what (?:are|were|happens|happened|should|can|do|does|kinds?|types?|sorts?|steps?)"
    r"|what (?:is|was) (?:the |a )?(?:\w+ )?(?:process|procedure|role|difference|purpose|impact|effect|need)"
    r"|wie (?:funktioniert|kann|können|soll|sollen|werden|wird)|warum|wieso|weshalb|erkläre?n?|beschreibe?n?"
    r"|was (?:passiert|geschieht|muss|müssen|soll)|welche)\b"
    r"|[,;] (?:and|und) (?:what|how|which|who|when|where|why|was|wie|wer|wann|wo)\b",
    re.I,
)

# Two questions in one sentence: "… and how much does it cost?"
_NEXT_PART = re.compile(
    r"\?\s+|,?\s(?:and|und)\s(?=(?:what|how|which|who|when|where|why|was|wie|wer|wann|wo|warum|welche[rsn]?)\b)",
    re.I,
)
_FEWEST_OF_A_PART = 2
_PARTS_AT_MOST = 4
"""As many as are quoted; every one costs as much as a question of its own."""

_FORMS: tuple[tuple[Expected, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            # "when using …" in the middle of a question asks for no date.
            r"(?:^|[,;?.] |\b(?:and|und|since|until|seit|bis|know|me|us|say|says|wissen|weiß|sagen) )"
            r"(?:when|wann)\b"
            r"|\b(?:what (?:date|day|year|month)|which (?:date|day|year|month)"
            r"|by what date|deadline|what time|at what time|welche[nms]? (?:tag|jahr|datum|monat)"
            r"|um wie viel uhr)\b",
            re.I,
        ),
    ),
    (
        "number",
        re.compile(
            r"\b(?:how (?:many|much|long|often|old|far|high|tall|large|big|fast|soon|wide|deep|heavy)"
            r"|wie ?viele?|wie (?:hoch|lange|oft|weit|groß|alt|schwer|schnell)"
            r"|what (?:is the )?(?:percentage|number|amount|price|cost|limit|maximum|minimum|fee|rate|budget"
            r"|duration)|which percentage|what temperature)\b",
            re.I,
        ),
    ),
    ("name", re.compile(r"\b(?:who|whom|whose|wer|wen|wem|wessen)\b", re.I)),
    (
        "reply",
        re.compile(
            r"^(?:and |so |und )?(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will"
            r"|would|has|have|had|am|ist|sind|war|waren|darf|dürfen|kann|können|muss|müssen|soll|sollte|wird"
            r"|werden|gibt|hat|haben|gilt)\b",
            re.I,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the grounding reads it; `is_broad`: one sentence will hardly answer it."""

    text: str
    stems: frozenset[str]
    facts: Facts
    expected: Expected
    is_broad: bool = False

    @property
    def names(self) -> tuple[Name, ...]:
        """Names asked about; in German, or where every word has a capital, a capital says nothing."""
        found = tuple(name for name in self.facts.names if not name.is_initial)
        lower = sum(word[0].islower() for word, _, _ in words.tokens(self.text))
        if words.is_german(self.text) or lower < len(found):
            return tuple(name for name in found if name.text.isupper())
        return found

    @property
    def is_yes_or_no(self) -> bool:
        """A sentence that says the question again may answer it."""
        return self.expected == "reply"


def parts(question: Question) -> tuple[str, ...]:
    """The questions that stand in one, each with the names of all; empty where it is one, or a whole form."""
    asked = (part.strip(" ?") for part in _NEXT_PART.split(question.text))
    found = list(dict.fromkeys(part for part in asked if part))
    if not 2 <= len(found) <= _PARTS_AT_MOST or any(
        len(facts.terms(part)) < _FEWEST_OF_A_PART for part in found
    ):
        return ()
    names = [name.text for name in question.names]
    return tuple(
        f"{part} ({' '.join(missing)})?"
        if (missing := [name for name in names if name not in part])
        else f"{part}?"
        for part in found
    )


def read(text: str) -> Question:
    """The question's parts."""
    bare = text.strip()
    expected: Expected = next((kind for kind, form in _FORMS if form.search(bare)), "any")
    if re.search(r"\?\s*\S.*\?|\bor not\b", bare):
        expected = "any" if expected == "reply" else expected
    is_broad = expected in ("any", "reply") and bool(_BROAD.search(bare))
    return Question(bare, facts.terms(bare), facts.read(bare), expected, is_broad)
