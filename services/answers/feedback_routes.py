"""REST of feedback: a thumb or a correction on one's own answer, and the questions that come of it."""

from typing import Annotated

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, StringConstraints

from services import audit
from services.answers import feedback
from services.dependencies import Page, Transaction, next_cursor
from services.identity.callers import MayAsk

router = APIRouter(prefix="/api/v1", tags=["feedback"])
Correction = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class Feedback(BaseModel):
    """`correction` says what would have been right; for a good answer it may be left out."""

    model_config = ConfigDict(extra="forbid")

    is_good: bool
    correction: Correction = ""


class JudgedQuestion(BaseModel):
    """One question of a set; `answers` is empty where nobody said what would be right."""

    id: str
    question: str
    is_good: bool
    answers: list[str]
    documents: list[str]


class JudgedPage(BaseModel):
    items: list[JudgedQuestion]
    next_cursor: str | None = None


@router.put("/answers/{answer_id}/feedback", status_code=status.HTTP_204_NO_CONTENT)
def give_feedback(answer_id: str, wanted: Feedback, caller: MayAsk, session: Transaction) -> None:
    """On an answer of one's own, while its sources may be read; a later one takes its place."""
    feedback.give(session, caller, answer_id, is_good=wanted.is_good, correction=wanted.correction)
    audit.record(
        session, caller.person_id, "answer.feedback", answer_id,
        credential=caller.credential_id, is_good=wanted.is_good,
    )  # fmt: skip


@router.delete("/answers/{answer_id}/feedback", status_code=status.HTTP_204_NO_CONTENT)
def withdraw_feedback(answer_id: str, caller: MayAsk, session: Transaction) -> None:
    feedback.withdraw(session, caller, answer_id)
    audit.record(
        session, caller.person_id, "answer.feedback_withdrawn", answer_id, credential=caller.credential_id
    )


@router.get("/feedback")
def list_feedback(caller: MayAsk, session: Transaction, page: Page) -> JudgedPage:
    """Judged questions for a question set: one's own, for administrators everybody's they may read.

    Who curates collections gets those that rest on them alone.

    It hands out what people asked and what is right, so it is audited as an export.
    """
    found = feedback.judged(session, caller, page)
    shown = found[: page.limit]
    audit.record(
        session, caller.person_id, "feedback.export", "",
        credential=caller.credential_id, answers=[one.answer_id for one in shown],
    )  # fmt: skip
    last = shown[-1].answer_id if len(found) > page.limit else None
    return JudgedPage(items=[_shown(one) for one in shown], next_cursor=next_cursor(last))


def _shown(one: feedback.JudgedAnswer) -> JudgedQuestion:
    return JudgedQuestion(
        id=one.answer_id,
        question=one.question,
        is_good=one.is_good,
        answers=[one.right_answer] if one.right_answer else [],
        documents=list(one.document_names),
    )
