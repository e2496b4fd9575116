"""`/v1`: the OpenAI-compatible door. `holdfast` and `holdfast/COLLECTION` are always grounded.

`model:NAME` is the bare model: no documents, marked ungrounded, behind a scope of its own.
"""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services import errors
from services.adapters.vllm import Sampling
from services.answers import ask, bare_model
from services.answers.openai_schemas import ChatRequest, ModelCard, ModelList, error_body
from services.answers.records import Problem
from services.answers.routes import default_sampling, require_collections
from services.answers.schemas import AnswerOut, SentenceOut
from services.answers.streaming import EventStream, while_connected
from services.answers.work import Question
from services.dependencies import Opened, Reading
from services.identity import permissions
from services.identity.callers import Caller, CurrentCaller, MayAsk
from services.resources import Resources

router = APIRouter(prefix="/v1", tags=["openai"])
GROUNDED = "holdfast"
BARE = "model:"
Chunk = dict[str, Any]


@router.get("/models")
def list_models(caller: CurrentCaller, session: Reading, resources: Opened) -> ModelList:
    """`holdfast`, one model for each collection the caller may read, and the bare model where allowed."""
    names = [GROUNDED]
    names += [f"{GROUNDED}/{row.name}" for row in permissions.readable_collections(session, caller)]
    if "model:bare" in caller.scopes:
        names.append(BARE + resources.lock.generator.served_name)
    return ModelList(data=[ModelCard(id=name, created=0) for name in names])


@router.post("/chat/completions")
async def complete_chat(wanted: ChatRequest, request: Request, caller: MayAsk, resources: Opened) -> Response:
    """A grounded answer as a chat completion; its citations travel beside the text."""
    if wanted.model.startswith(BARE):
        return await bare_model.complete(wanted, request, caller, resources)
    wanted.refuse_unsupported()
    question = await run_in_threadpool(_question, wanted, caller, resources)
    if wanted.stream:
        return EventStream(_stream(wanted, question, resources), resources.settings.answers.heartbeat_s)
    outcome = await while_connected(request, _outcome(question, resources))
    if outcome is None:
        return Response(status_code=499)
    if isinstance(outcome, Problem):
        return JSONResponse(_problem_body(outcome), outcome.status)
    return JSONResponse(_completion(wanted.model, outcome))


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
    return Question(
        caller=caller,
        text=wanted.question,
        policy="strict" if resources.settings.answers.policy == "off" else resources.settings.answers.policy,
        sampling=sampling_of(wanted, default_sampling(resources)),
        collections=collections,
    )


def sampling_of(wanted: ChatRequest, default: Sampling) -> Sampling:
    """The client's sampling where it named one, the release's otherwise; never longer than allowed."""
    asked = wanted.max_completion_tokens or wanted.max_tokens or default.max_tokens
    return Sampling(
        max_tokens=min(asked, default.max_tokens),
        temperature=default.temperature if wanted.temperature is None else wanted.temperature,
        top_p=default.top_p if wanted.top_p is None else wanted.top_p,
        seed=default.seed if wanted.seed is None else wanted.seed,
    )


async def _outcome(question: Question, resources: Resources) -> AnswerOut | Problem:
    async with aclosing(ask.answer_question(question, resources)) as events:
        async for happened in events:
            if isinstance(happened.data, AnswerOut | Problem):
                return happened.data
    raise errors.HoldfastError


async def _stream(
    wanted: ChatRequest, question: Question, resources: Resources
) -> AsyncGenerator[bytes, None]:
    head = {"id": "", "created": int(time.time()), "model": wanted.model}
    said = 0
    async with aclosing(ask.answer_question(question, resources)) as events:
        async for happened in events:
            data = happened.data
            if happened.name == "question":
                head["id"] = f"chatcmpl-{data.id}"  # type: ignore[attr-defined]
                yield _sse(_chunk(head, {"role": "assistant", "content": ""}))
            elif isinstance(data, SentenceOut):
                yield _sse(_chunk(head, {"content": _separator(said, data) + _marked(data)}))
                said += 1
            elif isinstance(data, Problem):
                yield _sse(_problem_body(data))
            elif isinstance(data, AnswerOut):
                for chunk in _last_chunks(wanted, head, data, said):
                    yield _sse(chunk)
    yield b"data: [DONE]\n\n"


def _last_chunks(wanted: ChatRequest, head: Chunk, answer: AnswerOut, said: int) -> list[Chunk]:
    chunks = [] if said else [_chunk(head, {"content": answer.text})]
    last = _chunk(head, {"citations": _citations(answer)}, finish_reason="stop")
    chunks.append(last | {"holdfast": _about(answer)})
    if wanted.stream_options and wanted.stream_options.include_usage:
        chunks.append(head | {"object": "chat.completion.chunk", "choices": [], "usage": _usage(answer)})
    return chunks


def _chunk(head: Chunk, delta: Chunk, finish_reason: str | None = None) -> Chunk:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return head | {"object": "chat.completion.chunk", "choices": [choice]}


def _completion(model: str, answer: AnswerOut) -> Chunk:
    message = {
        "role": "assistant",
        "content": answer.text,
        "refusal": None,
        "citations": _citations(answer),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(answer.created_at.timestamp()),
        "model": model,
        "choices": [choice],
        "usage": _usage(answer),
        "holdfast": _about(answer),
    }


def _citations(answer: AnswerOut) -> list[Chunk]:
    return [citation.model_dump() for citation in answer.citations]


def _about(answer: AnswerOut) -> Chunk:
    return {
        "answer_id": answer.id,
        "kind": answer.kind,
        "state": answer.state,
        "policy": answer.policy,
        "dropped_sentences": answer.dropped_sentences,
        "release_id": answer.release_id,
        "grounded": True,
    }


def _usage(answer: AnswerOut) -> Chunk:
    prompt, completion = answer.usage.get("prompt_tokens", 0), answer.usage.get("completion_tokens", 0)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _problem_body(problem: Problem) -> Chunk:
    return {"error": {"message": problem.detail, "type": "api_error", "param": None, "code": problem.code}}


def _separator(said: int, sentence: SentenceOut) -> str:
    """What joins this sentence to the ones before: a line of its own for lists, tables and code."""
    if not said:
        return ""
    return "\n" if sentence.text.startswith(("-", "*", "|", "#", "```")) else " "


def _marked(sentence: SentenceOut) -> str:
    return sentence.text + "".join(f" [{citation.number}]" for citation in sentence.citations)


def _sse(data: Chunk) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
