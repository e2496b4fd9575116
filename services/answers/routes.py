"""REST of answers: ask (as a stream or at once), and look up one's own."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from services import audit, errors
from services.answers import admission, ask, batch_routes, records
from services.answers.admission import Ticket
from services.answers.asked import question_of
from services.answers.batch_routes import BatchDetail
from services.answers.records import Problem
from services.answers.schemas import AnswerOut, AnswerPage, AskRequest
from services.answers.streaming import EventStream, while_connected
from services.answers.work import Question
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.event_stream import event
from services.identity.callers import Caller, MayAsk
from services.resources import Resources

router = APIRouter(prefix="/api/v1/answers", tags=["answers"])
STREAM = "text/event-stream"


@router.post(
    "",
    response_model=AnswerOut,
    responses={200: {"content": {STREAM: {}}}, 202: {"model": BatchDetail}, 503: {"model": Problem}},
)
async def ask_question(
    wanted: AskRequest,
    request: Request,
    caller: MayAsk,
    resources: Opened,
    prefer: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Answer from the caller's documents; as events where `Accept` asks for `text/event-stream`.

    With `Prefer: respond-async` the question is taken in as a batch of one: look where `Location` says, or
    be told by a webhook of `answers.ended`; then the answer is where all are, under its `answer_id`.
    """
    question = await run_in_threadpool(question_of, wanted, caller, resources)
    if _is_for_later(prefer):
        return await run_in_threadpool(_taken_in, wanted, request, caller, resources)
    ticket = admission.enter(request, caller.person_id)
    if STREAM in request.headers.get("accept", ""):
        events = _events(ticket, question, resources)
        return EventStream(events, resources.settings.answers.heartbeat_s, at_end=ticket.leave)
    work = admission.at_once(ticket, ask.answer_at_once(question, resources))
    outcome = await while_connected(request, work)
    if outcome is None:
        return Response(status_code=499)
    status = outcome.status if isinstance(outcome, Problem) else 200
    kind = "application/problem+json" if isinstance(outcome, Problem) else "application/json"
    return Response(outcome.model_dump_json(), status, media_type=kind)


@router.get("")
def list_answers(caller: MayAsk, session: Reading, page: Page) -> AnswerPage:
    """One's own answers, newest first, while all their sources may be read."""
    found = records.answers_page(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return AnswerPage(items=[records.view(row) for row in shown], next_cursor=next_cursor(last))


@router.get("/{answer_id}")
def show_answer(answer_id: str, caller: MayAsk, session: Transaction) -> AnswerOut:
    """One's own answer, while all its sources may be read; reading it is audited."""
    found = records.readable_answer(session, caller, answer_id)
    audit.record(session, caller.person_id, "answer.read", answer_id, credential=caller.credential_id)
    return records.view(found)


def _is_for_later(prefer: str) -> bool:
    """Whether the client would rather not wait (RFC 7240)."""
    return any(one.partition(";")[0].strip().lower() == "respond-async" for one in prefer.split(","))


def _taken_in(wanted: AskRequest, request: Request, caller: Caller, resources: Resources) -> Response:
    with resources.transactions.write() as session:
        taken = batch_routes.take_in([wanted], request, caller, session)
    headers = {"Location": batch_routes.place_of(taken), "Preference-Applied": "respond-async"}
    return Response(taken.model_dump_json(), 202, headers, media_type="application/json")


async def _events(ticket: Ticket, question: Question, resources: Resources) -> AsyncGenerator[bytes, None]:
    try:
        told = admission.in_turn(ticket, ask.answer_question(question, resources))
        async with aclosing(told) as events:
            async for happened in events:
                yield event(happened.name, happened.data)
    except errors.HoldfastError as error:  # the answer could not even be begun, or its end not be kept
        yield event("failed", error.as_problem())
