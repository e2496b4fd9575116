"""The bare model: no documents, no grounding, and it says so; behind a scope that is off by default."""

import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services import audit, errors
from services.adapters.vllm import Piece, Sampling
from services.answers.openai_schemas import ChatRequest, error_body
from services.answers.streaming import EventStream, while_connected
from services.identity.callers import Caller
from services.resources import Resources


async def complete(wanted: ChatRequest, request: Request, caller: Caller, resources: Resources) -> Response:
    """Pass the messages on; errors.NotFound where the caller may not know of the bare model."""
    name = f"model:{resources.lock.generator.served_name}"
    if "model:bare" not in caller.scopes or wanted.model != name:
        raise errors.NotFound(f"There is no model {wanted.model!r}; GET /v1/models lists yours")
    wanted.refuse_unsupported()
    await run_in_threadpool(_record, caller, resources)
    sampling = _sampling(wanted, resources)
    head = {"id": f"chatcmpl-{secrets.token_hex(16)}", "created": int(time.time()), "model": wanted.model}
    if wanted.stream:
        events = _stream(wanted, head, sampling, resources)
        return EventStream(events, resources.settings.answers.heartbeat_s)
    pieces = await while_connected(request, _all(wanted, sampling, resources))
    return Response(status_code=499) if pieces is None else JSONResponse(_completion(head, pieces))


def _sampling(wanted: ChatRequest, resources: Resources) -> Sampling:
    lock = resources.lock.sampling
    room = resources.lock.generator.context_tokens // 2
    return Sampling(
        max_tokens=min(wanted.max_completion_tokens or wanted.max_tokens or lock.max_tokens, room),
        temperature=lock.temperature if wanted.temperature is None else wanted.temperature,
        top_p=lock.top_p if wanted.top_p is None else wanted.top_p,
        seed=lock.seed if wanted.seed is None else wanted.seed,
    )


def _messages(wanted: ChatRequest) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in wanted.messages]


async def _all(wanted: ChatRequest, sampling: Sampling, resources: Resources) -> list[Piece]:
    async with aclosing(resources.model.stream(_messages(wanted), sampling)) as pieces:
        return [piece async for piece in pieces]


async def _stream(
    wanted: ChatRequest, head: dict[str, Any], sampling: Sampling, resources: Resources
) -> AsyncGenerator[bytes, None]:
    yield _sse(_chunk(head, {"role": "assistant", "content": ""}))
    said: list[Piece] = []
    try:
        async with aclosing(resources.model.stream(_messages(wanted), sampling)) as pieces:
            async for piece in pieces:
                said.append(piece)
                if piece.text:
                    yield _sse(_chunk(head, {"content": piece.text}))
    except errors.HoldfastError as error:
        yield _sse(error_body(error))
    else:
        yield _sse(_chunk(head, {}, _finish_reason(said)) | {"holdfast": {"grounded": False}})
        if wanted.stream_options and wanted.stream_options.include_usage:
            yield _sse(_chunk(head, {}) | {"choices": [], "usage": _usage(said)})
    yield b"data: [DONE]\n\n"


def _chunk(head: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return head | {"object": "chat.completion.chunk", "choices": [choice]}


def _completion(head: dict[str, Any], pieces: list[Piece]) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(piece.text for piece in pieces), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(pieces)}
    return head | {
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(pieces),
        "holdfast": {"grounded": False},
    }


def _finish_reason(pieces: list[Piece]) -> str:
    return next((piece.finish_reason for piece in reversed(pieces) if piece.finish_reason), "stop")


def _usage(pieces: list[Piece]) -> dict[str, int]:
    prompt = max((piece.prompt_tokens for piece in pieces), default=0)
    completion = max((piece.completion_tokens for piece in pieces), default=0)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _sse(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _record(caller: Caller, resources: Resources) -> None:
    with resources.transactions.write() as session:
        audit.record(session, caller.person_id, "model.bare", "", credential=caller.credential_id)
