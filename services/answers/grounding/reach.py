"""How far a sentence reaches: "all employees" where the source says "all eligible employees" claims too much.

Every word of such a sentence may stand in its source, so it is found by what the source has besides: a word
that limits, a quality that was left out, a clause that says which ones.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from services.answers.grounding import words
from services.answers.grounding.vocabulary import word_set

_ALL = word_set(
    """
    all any every each everyone everybody anyone anybody always whole entire
    alle allen aller alles jede jeden jedem jeder jedes immer sämtliche sämtlichen keinerlei
    """
)
_SOME = word_set(
    """
    some certain most many several few eligible selected specific various limited particular qualifying
    applicable often usually sometimes generally typically partly
    einige einigen manche manchen bestimmte bestimmten bestimmter viele vielen mehrere mehreren meisten
    wenige wenigen ausgewählte ausgewählten berechtigte berechtigten oft meist manchmal
    """
)
_WHICH_ONES = word_set(
    """
    that who whom whose which unless except if where when without mentioned listed described named specified
    above below der die das deren wenn genannten aufgeführten
    """
)
# In German a clause that says which ones stands behind a comma; in English one that only adds something does.
_WHICH_ONES_GERMAN = word_set(
    """
    die der das deren dessen denen dem den welche welcher welches welchen wenn sofern falls soweit außer
    """
)
_LINKING = word_set("of the these those our your their its his her other der die das den dem des unserer")
_READ_BEFORE = 3
_THING_WORDS = 4


def widened(claim: str, source: str) -> str | None:
    """What the source limits and the claim does not, in words; None where it says it of no more things."""
    stated = _tokens(source)
    for thing, follows in _things(_tokens(claim)):
        for at in range(len(thing)):
            places = [place for place, word in enumerate(stated) if words.stem(word) == thing[at]]
            found = [_limit(stated, place, thing, at, follows) for place in places]
            if found and all(found):
                return f"the source says it of fewer: “{found[0]}”"
    return None


def _things(said: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """What is spoken of in whole, as stems, and the word that follows it."""
    for place, word in enumerate(said):
        if word not in _ALL:
            continue
        start = place + 1
        while start < len(said) and said[start] in _LINKING:
            start += 1
        end = start
        while end < min(len(said), start + _THING_WORDS) and _has_content(said[end]):
            end += 1
        if end > start:
            yield [words.stem(one) for one in said[start:end]], said[end] if end < len(said) else ""


def _limit(stated: Sequence[str], place: int, thing: Sequence[str], at: int, follows: str) -> str | None:
    """The source's word around this place, where the thing's word `at` stands, that makes it fewer things."""
    before = stated[max(0, place - _READ_BEFORE) : place]
    total = max((there for there, word in enumerate(before) if word in _ALL), default=None)
    between = [
        word for word in (before if total is None else before[total + 1 :]) if words.stem(word) not in thing
    ]
    if limiting := next((word for word in reversed(between) if word in _SOME), None):
        return limiting
    if total is not None and (quality := next((word for word in between if _has_content(word)), None)):
        return quality
    end = place + _shared(stated[place:], thing[at:])
    after = stated[end] if end < len(stated) else ""
    if after == "," and end + 1 < len(stated) and words.is_german(" ".join(stated)):
        clause = stated[end + 1]
        return clause if clause in _WHICH_ONES_GERMAN and follows != "," else None
    return after if after in _WHICH_ONES and follows not in _WHICH_ONES else None


def _shared(stated: Sequence[str], thing: Sequence[str]) -> int:
    """How many words of the thing the source has from here on."""
    pairs = zip(stated, thing, strict=False)
    return next((at for at, (one, two) in enumerate(pairs) if words.stem(one) != two), len(thing))


def _has_content(word: str) -> bool:
    return word[0].isalnum() and not words.is_function_word(word)


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    """Words in lower case; a comma stands for itself, since what follows it no longer says which ones."""
    return tuple(match.group().lower() for match in re.finditer(r"[^\W_]+(?:['’-][^\W_]+)*|,", text))  # noqa: RUF001
