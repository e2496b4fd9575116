"""A question on its way to an answer: what is asked, and what has come of it so far."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services import errors
from services.adapters.vllm import Sampling
from services.answers import shapes
from services.answers.filling import Filled
from services.answers.follow_ups import Turn
from services.answers.grounding import AnswerDraft, Option, Policy
from services.answers.prompt import Prompt
from services.answers.shapes import Shape
from services.database.tables.answers import STOPPED
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import queries


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, and within which bounds."""

    caller: Caller
    text: str
    policy: Policy
    sampling: Sampling
    collections: Sequence[str] | None = None
    turns: tuple[Turn, ...] = ()
    conversation_id: str | None = None
    shape: Shape | None = None
    """What JSON the answer is to be; None where it is sentences."""


def release_sampling(resources: Resources) -> Sampling:
    """How the release samples; the settings bound the length."""
    lock = resources.lock.sampling
    return Sampling(
        max_tokens=min(lock.max_tokens, resources.settings.answers.max_tokens),
        temperature=lock.temperature,
        top_p=lock.top_p,
        seed=lock.seed,
    )


def shaped(question: Question, schema: Mapping[str, Any]) -> Question:
    """The question to be answered in JSON of this schema; errors.UnsupportedParameter for what is no such.

    It is always checked strictly: JSON has no place for a doubt.
    """
    shape = shapes.read(schema)
    sampling = replace(question.sampling, json_schema=shape.as_schema())
    return replace(question, shape=shape, sampling=sampling, policy="strict")


def require_collections(caller: Caller, named: Collection[str], resources: Resources) -> None:
    """errors.NotFound for a collection the caller may not know of, before a stream has begun."""
    with resources.transactions.read() as session:
        queries.collection_ids(session, caller, named)


@dataclass(slots=True)
class Work:
    """What the flow has come to so far; `records.end` writes it down.

    `searched_as` is the question made standalone; `rests_on` names the versions behind earlier answers that
    it may have words of.
    """

    question: Question
    answer_id: str
    state: str = STOPPED
    searched_as: str = ""
    rests_on: frozenset[str] = frozenset()
    finish_reason: str = ""
    passages: tuple[Passage, ...] = ()
    nearest: tuple[Passage, ...] = ()
    similarity: float = 0.0
    prompt: Prompt | None = None
    said: list[str] = field(default_factory=list)
    draft: AnswerDraft | None = None
    filled: Filled | None = None
    options: tuple[Option, ...] = ()
    error: errors.HoldfastError | None = None
    usage: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.searched_as = self.searched_as or self.question.text

    def mark(self, step: str) -> None:
        """Note how many milliseconds after the start this happened, the first time it does."""
        self.timings.setdefault(step, round((time.perf_counter() - self.began) * 1000, 1))
