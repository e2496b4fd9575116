"""`/v1`: the OpenAI-compatible door. `holdfast` and `holdfast/COLLECTION` are always grounded.

`model:NAME` is the bare model: no documents, marked ungrounded, behind a scope of its own.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services import errors
from services.answers import admission, ask, bare_model, records
from services.answers.admission import Ticket
from services.answers.grounding import join_sentences
from services.answers.openai_replies import FIRST_DELTA, Body, Head, usage_of
from services.answers.openai_schemas import ChatRequest, ModelCard, ModelList, error_body
from services.answers.records import Problem
from services.answers.schemas import AnswerOut, QuestionEvent, SentenceOut
from services.answers.streaming import EventStream, while_connected
from services.answers.work import Question, release_sampling, require_collections, shaped
from services.dependencies import Opened, Reading
from services.event_stream import DONE, data
from services.identity import permissions
from services.identity.callers import Caller, CurrentCaller
from services.resources import Resources

router = APIRouter(prefix="/v1", tags=["openai"])
GROUNDED = "holdfast"
BARE = "model:"


@router.get("/models")
def list_models(caller: CurrentCaller, session: Reading, resources: Opened) -> ModelList:
    """`holdfast`, one for each collection the caller may read, the bare model where allowed, the embedder."""
    names = []
    if "ask" in caller.scopes:
        readable = permissions.readable_collections(session, caller)
        names = [GROUNDED, *(f"{GROUNDED}/{row.name}" for row in readable)]
    if "model:bare" in caller.scopes:
        names.append(BARE + resources.lock.generator.served_name)
    if "search" in caller.scopes:
        names.append(resources.lock.embedder.name)
    return ModelList(data=[ModelCard(id=name, created=0) for name in names])


@router.post("/chat/completions")
async def complete_chat(
    wanted: ChatRequest, request: Request, caller: CurrentCaller, resources: Opened
) -> Response:
    """A grounded answer as a chat completion; its citations travel beside the text."""
    if wanted.model.startswith(BARE):
        return await bare_model.complete(wanted, request, caller, resources)
    caller.require("ask")
    wanted.refuse_unsupported(may_shape=True)
    question = await run_in_threadpool(_question, wanted, caller, resources)
    ticket = admission.enter(request, caller.person_id)
    if wanted.stream:
        chunks = _stream(wanted, ticket, question, resources)
        return EventStream(chunks, resources.settings.answers.heartbeat_s, at_end=ticket.leave)
    work = admission.at_once(ticket, ask.answer_at_once(question, resources))
    outcome = await while_connected(request, work)
    if outcome is None:
        return Response(status_code=499)
    if isinstance(outcome, Problem):
        return JSONResponse(_problem_body(outcome), outcome.status)
    return JSONResponse(_completion(wanted, outcome))


def error_response(error: errors.HoldfastError) -> JSONResponse:
    """The error in this API's own shape."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return JSONResponse(error_body(error), error.status, headers)


def _question(wanted: ChatRequest, caller: Caller, resources: Resources) -> Question:
    name, _, collection = wanted.model.partition("/")
    if name != GROUNDED or (wanted.model != GROUNDED and not collection):
        raise errors.NotFound(f"There is no model {wanted.model!r}; GET /v1/models lists yours")
    collections = [collection] if collection else None
    if collections:
        require_collections(caller, collections, resources)
    default = release_sampling(resources)
    question = Question(
        caller=caller,
        text=wanted.question,
        policy="strict",  # always grounded: this wire has no place to mark a doubtful sentence
        sampling=wanted.sampling(default, default.max_tokens),
        collections=collections,
        turns=wanted.turns,
    )
    schema = wanted.answer_schema
    return question if schema is None else shaped(question, schema)


async def _stream(
    wanted: ChatRequest, ticket: Ticket, question: Question, resources: Resources
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(_chunks(wanted, ticket, question, resources)) as chunks:
            async for chunk in chunks:
                yield data(chunk)
    except errors.HoldfastError as error:  # the answer could not even be begun, or its end not be kept
        yield data(error_body(error))
    yield DONE


async def _chunks(
    wanted: ChatRequest, ticket: Ticket, question: Question, resources: Resources
) -> AsyncGenerator[Body, None]:
    head, said = Head.of("", wanted.model), ""
    told = admission.in_turn(ticket, ask.answer_question(question, resources))
    async with aclosing(told) as events:
        async for happened in events:
            body = happened.data
            if isinstance(body, QuestionEvent):
                head = Head.of(body.id, wanted.model)
                yield head.chunk(FIRST_DELTA)
            elif isinstance(body, SentenceOut):
                grown = join_sentences([said, records.marked(body)] if said else [records.marked(body)])
                yield head.chunk({"content": grown[len(said) :]})
                said = grown
            elif isinstance(body, Problem):
                yield _problem_body(body)
            elif isinstance(body, AnswerOut):
                for chunk in _last_chunks(wanted, head, body, said):
                    yield chunk


def _last_chunks(wanted: ChatRequest, head: Head, answer: AnswerOut, said: str) -> list[Body]:
    chunks = [] if said else [head.chunk(_content(wanted, answer))]
    ended = _finish_reason(answer)
    chunks.append(head.chunk({"citations": _citations(answer)}, ended, holdfast=_about(answer)))
    if wanted.include_usage:
        chunks.append(head.usage_chunk(_usage(answer)))
    return chunks


def _completion(wanted: ChatRequest, answer: AnswerOut) -> Body:
    head = Head.of(answer.id, wanted.model, answer.created_at.timestamp())
    said = _content(wanted, answer) | {"citations": _citations(answer)}
    return head.completion(said, _finish_reason(answer), _usage(answer), _about(answer))


def _content(wanted: ChatRequest, answer: AnswerOut) -> Body:
    """The text; who asked for JSON finds a refusal where clients of that API look for one."""
    if wanted.answer_schema is not None and answer.value is None:
        return {"content": None, "refusal": answer.text}
    return {"content": answer.text}


def _finish_reason(answer: AnswerOut) -> str:
    """ "length" where the model was cut off by the token limit and its text is what is shown."""
    return "length" if answer.finish_reason == "length" and answer.kind == "generated" else "stop"


def _citations(answer: AnswerOut) -> list[Body]:
    """The places cited; in an answer of JSON each with the pointers to the values that rest on it."""
    found = [citation.model_dump(mode="json") for citation in answer.citations]
    if answer.value is None:
        return found
    pointers: dict[int, list[str]] = {}
    for sentence in answer.sentences:
        for citation in sentence.citations:
            pointers.setdefault(citation.number, []).append(sentence.pointer)
    return [citation | {"pointers": pointers[citation["number"]]} for citation in found]


def _about(answer: AnswerOut) -> Body:
    return {
        "answer_id": answer.id,
        "searched_as": answer.searched_as,
        "kind": answer.kind,
        "state": answer.state,
        "policy": answer.policy,
        "dropped_sentences": answer.dropped_sentences,
        "options": [option.model_dump(mode="json") for option in answer.options],
        "release_id": answer.release_id,
        "grounded": True,
    }


def _usage(answer: AnswerOut) -> Body:
    return usage_of(answer.usage.get("prompt_tokens", 0), answer.usage.get("completion_tokens", 0))


def _problem_body(problem: Problem) -> Body:
    kind = "invalid_request_error" if problem.status < 500 else "api_error"
    return {"error": {"message": problem.detail, "type": kind, "param": None, "code": problem.code}}
