"""REST of the playground: administrators only, where the bare model is switched on; never with documents."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services import audit, errors
from services.adapters.vllm_play import Play
from services.answers import admission
from services.answers.admission import Ticket
from services.answers.streaming import EventStream, while_connected
from services.dependencies import Opened
from services.event_stream import event
from services.identity.callers import Caller, MayAdminister
from services.playground import playing
from services.playground.schemas import PlayAsked, PlayedOut, PlaygroundOut, TokenOut, TokensEvent
from services.resources import Resources

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/playground", tags=["playground"])


def player(caller: MayAdminister, resources: Opened) -> Caller:
    """As `model:NAME` at `/v1`: off until it is switched on, and a key needs the scope."""
    if not resources.settings.allow_bare_model:
        raise errors.Forbidden(
            "The bare model is switched off here; HOLDFAST_ALLOW_BARE_MODEL=true switches it on"
        )
    if caller.via == "api_key":
        caller.require("model:bare")
    return caller


MayPlay = Annotated[Caller, Depends(player)]


@router.get("")
def show_playground(_caller: MayAdminister, resources: Opened) -> PlaygroundOut:
    return PlaygroundOut.of(resources.lock, is_open=resources.settings.allow_bare_model)


@router.post("", response_model=PlayedOut, responses={200: {"content": {"text/event-stream": {}}}})
async def play(asked: PlayAsked, request: Request, caller: MayPlay, resources: Opened) -> Response:
    """Go on with a prompt or a chat.

    Streamed as `waiting`, `tokens`, `problem` and `end`. In the audit stands that it was done and how much
    was asked for, never a text.
    """
    wanted = asked.play(resources.lock.generator.context_tokens)
    await run_in_threadpool(_record, asked, caller, resources)
    ticket = admission.enter(request, caller.person_id)
    if asked.stream:
        events = _stream(wanted, ticket, caller, resources)
        return EventStream(events, resources.settings.answers.heartbeat_s, at_end=ticket.leave)
    work = admission.at_once(ticket, _whole(wanted, caller, resources))
    whole = await while_connected(request, work)
    return Response(status_code=499) if whole is None else JSONResponse(whole.model_dump())


async def _stream(
    wanted: Play, ticket: Ticket, caller: Caller, resources: Resources
) -> AsyncGenerator[bytes, None]:
    account = playing.Account()
    try:
        async for position in ticket.positions():
            yield event("waiting", {"position": position})
        async with aclosing(playing.play(wanted, account, caller, resources)) as said:
            async for played in said:
                yield event("tokens", TokensEvent.of(played))
        yield event("end", account.end)
    except errors.HoldfastError as error:
        yield event("problem", error.as_problem())
    except Exception:
        log.exception("a play broke off")
        yield event("problem", errors.HoldfastError().as_problem())


async def _whole(wanted: Play, caller: Caller, resources: Resources) -> PlayedOut:
    account, text = playing.Account(), ""
    tokens: list[TokenOut] = []
    async with aclosing(playing.play(wanted, account, caller, resources)) as said:
        async for played in said:
            text += played.text
            tokens += [TokenOut.of(one) for one in played.tokens]
    return PlayedOut(**account.end.model_dump(), text=text, tokens=tokens)


def _record(asked: PlayAsked, caller: Caller, resources: Resources) -> None:
    with resources.transactions.write() as session:
        audit.record(
            session, caller.person_id, "model.play", resources.lock.release_id,
            credential=caller.credential_id, mode=asked.mode, max_tokens=asked.max_tokens,
        )  # fmt: skip
