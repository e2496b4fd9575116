"""How far apart two makings of the canaries are, and by which part. Pure.

Each part is asked with what was recorded before it, so that a change of one is not blamed on the next: the
search with frozen passages and vectors, the prompt with the passages recorded, the model with the messages
recorded. Only where other tokens come while another engine runs, it is blamed for them and not the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.adapters.vllm_probe import Draw
from services.database.tables.drift import DRIFTED, EXACT, TOLERATED
from services.evaluation.drift.canaries import Vectors
from services.evaluation.drift.recording import Recording

RETRIEVAL, PROMPT, MODEL, ENGINE, GROUNDING = PARTS = ("retrieval", "prompt", "model", "engine", "grounding")
# Which part of an answer's path each part of a release belongs to.
PART_OF = {
    "embedder": RETRIEVAL,
    "reranker": RETRIEVAL,
    "chunker": RETRIEVAL,
    "parser": RETRIEVAL,
    "prompts": PROMPT,
    "generator": MODEL,
    "sampling": MODEL,
    "grounding": GROUNDING,
}
_ORDER = (EXACT, TOLERATED, DRIFTED)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is still "within tolerance": 1 - cosine of vectors, and difference of log-probabilities."""

    vectors: float
    logprobs: float


@dataclass(slots=True)
class Verdict:
    """State and findings of each part; a finding is a sentence about canaries, never about documents."""

    parts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(PARTS, EXACT))
    findings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        return max(self.parts.values(), key=_ORDER.index)

    @property
    def drifted(self) -> tuple[str, ...]:
        return tuple(part for part in PARTS if self.parts[part] == DRIFTED)

    def note(self, part: str, state: str, finding: str) -> None:
        self.parts[part] = max(self.parts[part], state, key=_ORDER.index)
        self.findings.setdefault(part, []).append(finding)


def compare(then: Recording, now: Recording, tolerance: Tolerance) -> Verdict:
    """`now` is `then` made again: from its passages, and for each canary from what was recorded before it."""
    verdict = Verdict()
    _named_parts(verdict, then, now)
    _search(verdict, then, now, tolerance)
    _prompts(verdict, then, now)
    _engine(verdict, then, now)
    blamed = ENGINE if verdict.parts[ENGINE] == DRIFTED and verdict.parts[MODEL] == EXACT else MODEL
    for number, (before, after) in enumerate(zip(then.canaries, now.canaries, strict=True), start=1):
        if found := _tokens(before.draws, after.draws, tolerance):
            state, finding = found
            verdict.note(blamed, state, f"question {number}: {finding}")
    return verdict


def damaged(then: Recording) -> Verdict:
    """Of a recording that is not the file that was stored nothing is compared: it could blame anybody."""
    verdict = Verdict()
    verdict.note(RETRIEVAL, DRIFTED, "the recording is not the file that was stored; record again")
    _passages(verdict, then)
    return verdict


def _named_parts(verdict: Verdict, then: Recording, now: Recording) -> None:
    for name in sorted({*then.parts, *now.parts} & PART_OF.keys()):
        if then.parts.get(name) != now.parts.get(name):
            verdict.note(PART_OF[name], DRIFTED, f"the release names another {name}")


def _search(verdict: Verdict, then: Recording, now: Recording, tolerance: Tolerance) -> None:
    _passages(verdict, then)
    _vectors(verdict, then.vectors, now.vectors, tolerance)
    for number, (before, after) in enumerate(zip(then.canaries, now.canaries, strict=True), start=1):
        if before.found != after.found:
            verdict.note(RETRIEVAL, DRIFTED, f"question {number} finds other passages")


def _passages(verdict: Verdict, then: Recording) -> None:
    for one in then.passages:
        if not one.is_as_named:
            finding = f"passage {one.ordinal + 1}, of {one.document}, is not the text that was recorded"
            verdict.note(RETRIEVAL, DRIFTED, finding)


def _vectors(verdict: Verdict, then: Vectors, now: Vectors, tolerance: Tolerance) -> None:
    if then.shape != now.shape:
        verdict.note(RETRIEVAL, DRIFTED, f"vectors of {now.shape[1]} numbers instead of {then.shape[1]}")
    elif not np.array_equal(then, now):
        lengths = np.linalg.norm(then, axis=1) * np.linalg.norm(now, axis=1)
        cosines = np.einsum("ij,ij->i", then, now) / np.maximum(lengths, 1e-12)
        worst = float(1.0 - cosines.min())
        state = TOLERATED if worst <= tolerance.vectors else DRIFTED
        verdict.note(RETRIEVAL, state, f"the embedder gives other vectors (1 - cosine up to {worst:.2g})")


def _prompts(verdict: Verdict, then: Recording, now: Recording) -> None:
    if then.templates != now.templates:
        verdict.note(PROMPT, DRIFTED, "the templates are others")
    changed = {one.id for one in then.passages if not one.is_as_named}
    for number, (before, after) in enumerate(zip(then.canaries, now.canaries, strict=True), start=1):
        if changed.intersection(before.found):
            continue  # the passage is to blame, which the search has said
        if [dict(one) for one in before.messages] != [dict(one) for one in after.messages]:
            verdict.note(PROMPT, DRIFTED, f"question {number} is put to the model otherwise")


def _engine(verdict: Verdict, then: Recording, now: Recording) -> None:
    for finding in [*_differences(then.engine, now.engine), *_differences(then.facts, now.facts)]:
        verdict.note(ENGINE, DRIFTED, finding)


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = sorted({*then, *now})
    return [
        f"{name} is {now.get(name, 'missing')}, was {then.get(name, 'missing')}"
        for name in names
        if then.get(name) != now.get(name)
    ]


def _tokens(before: Sequence[Draw], after: Sequence[Draw], tolerance: Tolerance) -> tuple[str, str] | None:
    """State and finding where what was drawn is not the same in every number."""
    if before == after:
        return None
    was, came = [one.token for one in before], [one.token for one in after]
    if was != came:
        pairs = enumerate(zip(was, came, strict=False))
        at = next((place for place, (one, other) in pairs if one != other), min(len(was), len(came)))
        return DRIFTED, f"token {at + 1} is {_token(came, at)}, was {_token(was, at)}"
    worst = _furthest(before, after)
    state = TOLERATED if worst <= tolerance.logprobs else DRIFTED
    return state, f"same tokens, log-probabilities apart by up to {worst:.2g}"


def _token(tokens: Sequence[str], at: int) -> str:
    return repr(tokens[at]) if at < len(tokens) else "none"


def _furthest(before: Sequence[Draw], after: Sequence[Draw]) -> float:
    """The largest difference of a drawn token's log-probability, or of a likely one's that both name."""
    apart = [abs(one.logprob - other.logprob) for one, other in zip(before, after, strict=True)]
    for one, other in zip(before, after, strict=True):
        then, now = dict(one.likeliest), dict(other.likeliest)
        apart += [abs(then[token] - now[token]) for token in then.keys() & now.keys()]
    return max(apart, default=0.0)
