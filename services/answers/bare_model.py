"""The bare model: no documents, no grounding, and it says so; behind a scope that is off by default."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services import audit, errors
from services.adapters.vllm import Piece, Sampling
from services.answers import admission
from services.answers.admission import Ticket
from services.answers.openai_replies import FIRST_DELTA, Body, Head, usage_of
from services.answers.openai_schemas import ChatRequest, error_body
from services.answers.still_reading import Watch
from services.answers.streaming import EventStream, while_connected
from services.answers.work import release_sampling
from services.event_stream import DONE, data
from services.identity import limits
from services.identity.callers import Caller
from services.resources import Resources

UNGROUNDED = {"grounded": False}


async def complete(wanted: ChatRequest, request: Request, caller: Caller, resources: Resources) -> Response:
    """Pass the messages on; errors.NotFound where the caller may not know of the bare model."""
    name = f"model:{resources.lock.generator.served_name}"
    if "model:bare" not in caller.scopes or wanted.model != name:
        raise errors.NotFound(f"There is no model {wanted.model!r}; GET /v1/models lists yours")
    wanted.refuse_unsupported()
    await run_in_threadpool(_record, caller, resources)
    head = Head.of(secrets.token_hex(16), wanted.model)
    ticket = admission.enter(request, caller.person_id)
    if wanted.stream:
        events = _stream(wanted, ticket, head, caller, resources)
        return EventStream(events, resources.settings.answers.heartbeat_s, at_end=ticket.leave)
    work = admission.at_once(ticket, _all(wanted, caller, resources))
    pieces = await while_connected(request, work)
    return Response(status_code=499) if pieces is None else JSONResponse(_completion(head, pieces))


def _messages(wanted: ChatRequest) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in wanted.messages]


def _sampling(wanted: ChatRequest, resources: Resources) -> Sampling:
    return wanted.sampling(release_sampling(resources), resources.lock.generator.context_tokens // 2)


async def _all(wanted: ChatRequest, caller: Caller, resources: Resources) -> list[Piece]:
    sampling = _sampling(wanted, resources)
    async with aclosing(resources.model.stream(_messages(wanted), sampling)) as pieces:
        said = [piece async for piece in pieces]
    await _spend(caller, said, resources)
    return said


async def _stream(
    wanted: ChatRequest, ticket: Ticket, head: Head, caller: Caller, resources: Resources
) -> AsyncGenerator[bytes, None]:
    yield data(head.chunk(FIRST_DELTA))
    said: list[Piece] = []
    sampling, watch = _sampling(wanted, resources), Watch(caller, resources)
    try:
        async for _position in ticket.positions():
            pass
        async with aclosing(resources.model.stream(_messages(wanted), sampling)) as pieces:
            async for piece in pieces:
                said.append(piece)
                if piece.text:
                    await watch.before("token")
                    yield data(head.chunk({"content": piece.text}))
    except errors.HoldfastError as error:
        yield data(error_body(error))
    else:
        yield data(head.chunk({}, _finish_reason(said), holdfast=UNGROUNDED))
        if wanted.include_usage:
            yield data(head.usage_chunk(_usage(said)))
    finally:  # also for one who leaves early
        with anyio.CancelScope(shield=True):
            await _spend(caller, said, resources)
    yield DONE


async def _spend(caller: Caller, said: list[Piece], resources: Resources) -> None:
    tokens = max(_usage(said)["total_tokens"], len(said))  # the engine broke off: at least what it said
    await run_in_threadpool(limits.spend, caller, tokens, resources)


def _completion(head: Head, pieces: list[Piece]) -> Body:
    text = "".join(piece.text for piece in pieces)
    return head.completion({"content": text}, _finish_reason(pieces), _usage(pieces), UNGROUNDED)


def _finish_reason(pieces: list[Piece]) -> str:
    return next((piece.finish_reason for piece in reversed(pieces) if piece.finish_reason), "stop")


def _usage(pieces: list[Piece]) -> Body:
    prompt = max((piece.prompt_tokens for piece in pieces), default=0)
    return usage_of(prompt, max((piece.completion_tokens for piece in pieces), default=0))


def _record(caller: Caller, resources: Resources) -> None:
    with resources.transactions.write() as session:
        audit.record(session, caller.person_id, "model.bare", "", credential=caller.credential_id)
