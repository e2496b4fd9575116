"""What a replay comes to: identical, the same words, or different, with the diff and the cause. Pure."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.answers import making

IDENTICAL, SAME_WORDS, DIFFERENT, CANNOT = "identical", "same_words", "different", "cannot"
Likeness = Literal["identical", "same_words", "different"]
Cause = Literal["", "prompt", "release", "passages", "engine"]

# Parts of a release that decide what is said and shown for a given prompt; the stored sampling is used again.
SPEAKING = ("generator", "grounding", "embedder")


@dataclass(frozen=True, slots=True)
class Making:
    """One making of an answer, the first or the one being compared with it."""

    answer_id: str
    given_at: datetime
    release_id: str
    parts: Mapping[str, str]
    templates: str
    prompt_hash: str
    said: str
    words: str
    text: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """`said` is how alike the model's own words are, `shown` how alike what the reader sees.

    `is_afresh` says that the engine read the sources past its prefix cache for this.
    """

    answer_id: str
    outcome: Likeness
    said: Likeness
    shown: Likeness
    prompt_is_same: bool
    cause: Cause
    reason: str
    changed_parts: tuple[str, ...]
    release_then: str
    release_now: str
    text: str
    diff: tuple[str, ...]
    is_afresh: bool = True


@dataclass(frozen=True, slots=True)
class Cannot:
    """Why an answer cannot be made again."""

    answer_id: str
    reason: str
    cause: Cause = ""
    removed_at: datetime | None = None
    outcome: Literal["cannot"] = "cannot"


def compare(then: Making, now: Making) -> Replayed:
    """The verdict; `different` as soon as either the model's words or the shown ones differ."""
    said = _likeness(then.said == now.said, then.words == now.words)
    shown = _likeness(then.text == now.text, making.words(then.text) == making.words(now.text))
    outcome = max(said, shown, key=(IDENTICAL, SAME_WORDS, DIFFERENT).index)
    changed = tuple(sorted(name for name in then.parts if then.parts[name] != now.parts.get(name)))
    cause, reason = _cause(then, now, outcome, changed)
    return Replayed(
        answer_id=then.answer_id,
        outcome=outcome,
        said=said,
        shown=shown,
        prompt_is_same=then.prompt_hash == now.prompt_hash,
        cause=cause,
        reason=reason,
        changed_parts=changed,
        release_then=then.release_id,
        release_now=now.release_id,
        text=now.text,
        diff=_diff(then, now),
    )


def _likeness(is_same: bool, has_same_words: bool) -> Likeness:
    return "identical" if is_same else "same_words" if has_same_words else "different"


def _cause(then: Making, now: Making, outcome: Likeness, changed: tuple[str, ...]) -> tuple[Cause, str]:
    """The first step on the way that is not what it was: prompt, then passages, release, engine."""
    if then.templates != now.templates:
        return "prompt", "The prompt's templates are others now"
    if then.prompt_hash != now.prompt_hash:
        return "passages", "A passage is told otherwise now: its document's name, headings or pages"
    if outcome == IDENTICAL:
        return "", ""
    if speaking := [name for name in changed if name in SPEAKING]:
        return "release", f"Another release answers now; it differs in: {', '.join(speaking)}"
    if "engine" in changed:
        return "engine", "The release names another engine, or other flags for it"
    return "engine", "Prompt and release are the same; the running engine gives other tokens"


def _diff(then: Making, now: Making) -> tuple[str, ...]:
    """The shown sentences as a unified diff, one a line; empty where they are the same."""
    before, after = then.sentences or (then.text,), now.sentences or (now.text,)
    names = f"answer of {then.given_at:%Y-%m-%d %H:%M}", "replay"
    return tuple(difflib.unified_diff(before, after, *names, lineterm="", n=1))
