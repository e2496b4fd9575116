"""REST of batches: ask many questions (or one) now, look for the answers later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services import errors
from services.answers import batches, records, shapes
from services.answers.batch_work import Batches
from services.answers.batches import Asked
from services.answers.schemas import AnswerOut, AskRequest
from services.database.session import after_commit
from services.dependencies import Page, Reading, Transaction, next_cursor
from services.identity.callers import Caller, MayAsk

router = APIRouter(prefix="/api/v1", tags=["answers"])
MOST_QUESTIONS = 100


class BatchRequest(BaseModel):
    """Questions that stand by themselves: none belongs to a conversation."""

    model_config = ConfigDict(extra="forbid")

    questions: Annotated[list[AskRequest], Field(min_length=1, max_length=MOST_QUESTIONS)]


class BatchItem(BaseModel):
    """One question. `answer_id` is null until it is answered, and where nothing could be."""

    number: int
    state: Literal["waiting", "done", "failed"]
    answer_id: str | None
    error_code: str


class BatchOut(BaseModel):
    """`state` is the run's: waiting, running, done, failed or cancelled; `error_code` says why it failed."""

    id: str
    state: str
    error_code: str
    done: int
    total: int
    created_at: datetime
    finished_at: datetime | None


class BatchDetail(BatchOut):
    items: list[BatchItem]


class BatchPage(BaseModel):
    items: list[BatchOut]
    next_cursor: str | None = None


class BatchAnswer(BaseModel):
    """`answer` is null where there is none, or a source of it may no longer be read."""

    number: int
    answer: AnswerOut | None


class BatchAnswers(BaseModel):
    items: list[BatchAnswer]


@router.post("/answers:batch", status_code=status.HTTP_202_ACCEPTED)
def ask_questions(
    wanted: BatchRequest, request: Request, response: Response, caller: MayAsk, session: Transaction
) -> BatchDetail:
    """Take questions in; they are answered one after the other, after those of people who wait.

    The answers are the caller's as of the moment each is written: where the key was revoked, the session has
    ended or the person is suspended by then, the rest fails.
    """
    if any(one.conversation_id for one in wanted.questions):
        raise errors.UnsupportedParameter("A question of a batch belongs to no conversation")
    for one in wanted.questions:
        if one.answer_schema is not None:
            shapes.read(one.answer_schema)  # refused now, not when its turn comes
    taken = take_in(wanted.questions, request, caller, session)
    response.headers["Location"] = place_of(taken)
    return taken


def take_in(
    questions: Sequence[AskRequest], request: Request, caller: Caller, session: Session
) -> BatchDetail:
    """A batch of these, begun as soon as it is written down."""
    wanted = [one.model_dump(by_alias=True, exclude_none=True) for one in questions]
    asked = batches.create(session, caller, wanted)
    working: Batches | None = getattr(request.app.state, "batches", None)
    if working is not None:
        after_commit(session, working.look)
    return _detail(asked)


def place_of(taken: BatchDetail) -> str:
    """Where to look for what becomes of it."""
    return f"/api/v1/answer-batches/{taken.id}"


@router.get("/answer-batches")
def list_batches(caller: MayAsk, session: Reading, page: Page) -> BatchPage:
    """One's own, the newest first."""
    found = batches.page_of(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].batch.id if len(found) > page.limit else None
    return BatchPage(
        items=[BatchOut.model_validate(_shown(one)) for one in shown], next_cursor=next_cursor(last)
    )


@router.get("/answer-batches/{batch_id}")
def show_batch(batch_id: str, caller: MayAsk, session: Reading) -> BatchDetail:
    """How far it is."""
    return _detail(batches.own(session, caller, batch_id))


@router.get("/answer-batches/{batch_id}/answers")
def show_batch_answers(batch_id: str, caller: MayAsk, session: Transaction) -> BatchAnswers:
    """The answers so far, in the order of the questions; reading them is audited."""
    batch = batches.own(session, caller, batch_id).batch
    found = batches.readable_answers(session, caller, batch)
    batches.record(session, caller, "batch.read", batch_id, answers=sorted(found))
    return BatchAnswers(
        items=[
            BatchAnswer(
                number=one.number,
                answer=records.view(found[one.answer_id]) if one.answer_id in found else None,
            )
            for one in batch.questions
        ]
    )


@router.delete("/answer-batches/{batch_id}", status_code=status.HTTP_204_NO_CONTENT)
def cancel_batch(batch_id: str, caller: MayAsk, session: Transaction) -> None:
    """End what is left of it; what is answered stays."""
    batches.cancel(session, caller, batches.own(session, caller, batch_id))


def _shown(asked: Asked) -> dict[str, object]:
    run, batch = asked.run, asked.batch
    return {
        "id": batch.id,
        "state": run.state,
        "error_code": run.error_code,
        "done": run.done,
        "total": len(batch.questions),
        "created_at": batch.created_at,
        "finished_at": run.finished_at,
    }


def _detail(asked: Asked) -> BatchDetail:
    items = [
        BatchItem(
            number=one.number,
            state="waiting" if one.done_at is None else "failed" if one.error_code else "done",
            answer_id=one.answer_id,
            error_code=one.error_code,
        )
        for one in asked.batch.questions
    ]
    return BatchDetail.model_validate(_shown(asked) | {"items": items})
