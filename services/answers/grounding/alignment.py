"""Near-copies of a source: one word in another's place, or two parties in each other's.

A sentence that shares most of its words with a source passes every test of words; what it changes shows only
where the two are laid beside each other, word by word.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from services.answers.grounding import words

_COPIED = 0.75
_REPLACED_AT_MOST = 2
_GONE_AT_MOST = 6
_SAME_ROOT = 4
_CROSSED = 3
_LONGEST = 80
_SKIPPED = frozenset(["a", "an", "the", "der", "die", "das", "dem", "den", "des"])
_POINTING = frozenset(
    """it its they them their theirs he him his she her hers this that these those such you your we our us i
    my one ones who which whose er ihn ihm sein seine sie ihr ihre es dies diese dieser dieses man""".split()  # noqa: SIM905
)
_JOINING = frozenset(["and", "or", "und", "oder", "sowie", "as", "well", "with", "between"])
_NAME = re.compile(r"[A-ZÄÖÜ]")


@dataclass(frozen=True, slots=True)
class _Token:
    """One word, or a run of capitalised words as one; `key` is what is compared."""

    key: str
    is_content: bool


def replaced(claim: str, source: str, context: frozenset[str]) -> str | None:
    """The word of a near-copy that stands for another of the source; None where it is none.

    A pronoun may be spelled out by words from `context`.
    """
    said, stated = _tokens(claim), _tokens(source)
    if not said or len(said) > _LONGEST or len(stated) > _LONGEST:
        return None
    if len(_keys(claim) & _keys(source)) < _COPIED * len(_keys(claim)):
        return None
    matcher = SequenceMatcher(None, [one.key for one in said], [one.key for one in stated], autojunk=False)
    if sum(block.size for block in matcher.get_matching_blocks()) < _COPIED * len(said):
        return None
    known = [frozenset(one.key.split()) for one in stated]
    more = Counter(one.key for one in said) - Counter(one.key for one in stated)
    for tag, start, end, there, until in matcher.get_opcodes():
        gone = stated[there:until]
        if tag not in ("replace", "insert") or end - start > _REPLACED_AT_MOST or len(gone) > _GONE_AT_MOST:
            continue
        written = [one for one in said[start:end] if one.is_content]
        new = [one for one in written if more[one.key] and (gone or _is_part(one, known))]
        new = [one for one in new if not any(is_same_root(one.key, other.key) for other in gone)]
        new = [one for one in new if not _is_part(one, known) or _is_alone(one, stated)]
        if new and not _spells_out(new, gone, context):
            instead = f"stands for “{gone[0].key}”" if gone else "stands once more than"
            return f"“{new[0].key}” {instead} in the source"
    return None


def exchanged(claim: str, source: str) -> str | None:
    """Two words of the source in each other's place ("B beat A" for "A beat B"); None where there are none.

    A clause that merely moved keeps its neighbours; a passive has others. Things joined by "and" may change
    places.
    """
    said, stated = _tokens(claim), _tokens(source)
    if len(said) > _LONGEST or len(stated) > _LONGEST:
        return None
    places, origins = _single(said), _single(stated)
    shared = sorted(places.keys() & origins.keys(), key=origins.__getitem__)
    for one, two in combinations(shared, 2):
        if places[one] < places[two] or _are_joined(stated[origins[one] + 1 : origins[two]]):
            continue
        crossed = _alike(said, places[one], stated, origins[two]) + _alike(
            said, places[two], stated, origins[one]
        )
        own = _alike(said, places[one], stated, origins[one]) + _alike(
            said, places[two], stated, origins[two]
        )
        if crossed >= _CROSSED and crossed > own:
            return f"“{one}” and “{two}” have changed places"
    return None


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    return tuple(_joined(text))


@lru_cache(maxsize=4096)
def _keys(text: str) -> frozenset[str]:
    return frozenset(one.key for one in _tokens(text))


def _joined(text: str) -> Iterator[_Token]:
    """Words by stem, articles left out; neighbouring capitalised words are one name."""
    name: list[str] = []
    end = 0
    for word, start, until in words.tokens(text):
        is_capital = bool(_NAME.match(word)) and not words.is_function_word(word)
        if name and (not is_capital or text[end:start].strip()):
            yield _Token(" ".join(name), True)
            name = []
        if is_capital:
            name.append(words.stem(word))
        elif word.lower() not in _SKIPPED:
            yield _Token(words.stem(word), not words.is_function_word(word))
        end = until
    if name:
        yield _Token(" ".join(name), True)


def _is_part(new: _Token, known: Sequence[frozenset[str]]) -> bool:
    """It stands in the source, alone or within one name."""
    parts = frozenset(new.key.split())
    return any(parts <= one for one in known)


def is_same_root(one: str, other: str) -> bool:
    """ "building" and "buildings" have different stems."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _SAME_ROOT and long.startswith(short)


def _is_alone(token: _Token, stated: Sequence[_Token]) -> bool:
    """It is a word of the source on its own, not a part of a longer name."""
    return any(one.key == token.key for one in stated)


def _spells_out(new: Sequence[_Token], gone: Sequence[_Token], context: frozenset[str]) -> bool:
    is_pointing = bool(gone) and all(one.key in _POINTING for one in gone)
    return is_pointing and all(part in context for one in new for part in one.key.split())


def _single(tokens: Sequence[_Token]) -> dict[str, int]:
    """Place of every content word that stands there once."""
    count = Counter(one.key for one in tokens)
    return {one.key: place for place, one in enumerate(tokens) if one.is_content and count[one.key] == 1}


def _are_joined(between: Sequence[_Token]) -> bool:
    """Only commas, "and" and further items of the same list stand between."""
    return not any(one.key not in _JOINING and not one.is_content for one in between) and any(
        one.key in _JOINING for one in between
    )


def _alike(said: Sequence[_Token], place: int, stated: Sequence[_Token], origin: int) -> int:
    """How many of the two neighbours agree; a sentence's edge is a neighbour too."""
    return sum(_key(said, place + step) == _key(stated, origin + step) for step in (-1, 1))


def _key(tokens: Sequence[_Token], place: int) -> str:
    return tokens[place].key if 0 <= place < len(tokens) else ""
