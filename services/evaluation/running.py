"""One run of a question set: everything asked once as its person, closed questions tried as an outsider."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services import errors
from services.evaluation import judge, leaks
from services.evaluation.asking import Asker
from services.evaluation.measures import DEPTH
from services.evaluation.outcomes import Outcome
from services.evaluation.sets import Question, QuestionSet

MYSELF = ""
"""The name under which the one who evaluates is among the askers."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How everything is asked: within which collections, and how strictly checked."""

    collections: tuple[str, ...] = ()
    policy: str | None = None

    @property
    def search(self) -> dict[str, Any]:
        return {"collections": list(self.collections)} if self.collections else {}

    @property
    def answer(self) -> dict[str, Any]:
        return self.search | ({"policy": self.policy} if self.policy else {})


def require_askers(question_set: QuestionSet, askers: Mapping[str, Asker]) -> None:
    """errors.InvalidRequest where the set asks as somebody who is not there."""
    missing = sorted(question_set.logins - askers.keys())
    if missing:
        raise errors.InvalidRequest(
            f"The set asks as {', '.join(missing)}: give their API keys (--keys) or passwords (--people)"
        )
    if MYSELF not in askers and any(not one.asker for one in question_set.questions):
        raise errors.InvalidRequest("The set has questions without `as`: give a key for the login ''")


def ask_all(questions: Iterable[Question], askers: Mapping[str, Asker], manner: Manner) -> Sequence[Outcome]:
    """In the order of the set; `questions` may be wrapped to watch the progress."""
    return [ask_one(question, askers, manner) for question in questions]


def ask_one(question: Question, askers: Mapping[str, Asker], manner: Manner) -> Outcome:
    asker = askers[question.asker]
    passages = asker.search(question.question, limit=DEPTH, **manner.search)
    exchange = asker.ask(question.question, **manner.answer)
    verdicts = judge.judge_exchange(exchange, question, asker.stored_text)
    outsider = askers[question.denied_as] if question.denied_as else None
    probes = leaks.probe(question, outsider, asker) if outsider else []
    return Outcome(question, passages, exchange, verdicts, probes)
