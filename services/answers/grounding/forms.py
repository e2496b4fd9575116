"""Sentences that no source could support, whatever they are about: said twice, or the question again."""

import re

from services.answers.grounding import words
from services.answers.grounding.claims import Claim
from services.answers.grounding.index import PassageIndex

_RUN = 4
_CONTENT_OF_A_RUN = 2
_SPACE = re.compile(r"\s+")
_PREPOSITIONS = "of|for|in|on|at|to|by|from|with|about|as|into|after|under"
_ENDS_OPEN = re.compile(rf"\b({_PREPOSITIONS})\s*\?\s*$", re.I)
_AUXILIARIES = "is|are|was|were|has|have|had|does|do|did|will|would|can|could|must|should"


def problem(claim: Claim, index: PassageIndex) -> str | None:
    """What is wrong with the sentence as such; one that a source has word for word is none of ours."""
    found = _said_twice(claim) or _question_filled_in(claim, index)
    return None if found and _is_verbatim(claim, index) else found


def _said_twice(claim: Claim) -> str | None:
    """A small model that goes round within one sentence: "… is the final bill passed to the Monarch"."""
    if claim.kind != "prose":
        return None
    spoken = [word for word, _, _ in words.tokens(claim.text)]
    stems = [words.stem(word) for word in spoken]
    seen: dict[tuple[str, ...], int] = {}
    for start in range(len(stems) - _RUN + 1):
        run = tuple(stems[start : start + _RUN])
        content = {
            words.stem(word)
            for word in spoken[start : start + _RUN]
            if not words.is_function_word(word) and not word.isdigit()
        }
        if len(content) >= _CONTENT_OF_A_RUN and start - seen.setdefault(run, start) >= _RUN:
            return "it says the same twice"
    return None


def _question_filled_in(claim: Claim, index: PassageIndex) -> str | None:
    """ "What were they typical of?" answered "they typical of were …": words in a row, not a statement."""
    asked = _ENDS_OPEN.search(index.question.text)
    if asked and re.search(rf"\b{asked[1]}\s+(?:{_AUXILIARIES})\b", claim.text, re.I):
        return "it is the question with words filled in"
    return None


def _is_verbatim(claim: Claim, index: PassageIndex) -> bool:
    wanted = _squeezed(claim.text)
    return any(wanted in _squeezed(passage.text) for passage in index.passages)


def _squeezed(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" .!").casefold()
