"""The MCP door: the tools `search` and `ask` for assistants that speak the Model Context Protocol.

`POST /mcp` (streamable HTTP, stateless) with an API key; each call is the caller's own, found anew from the
key, so that a tool can never read more than the same key reads over REST.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import ValidationError
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services import errors
from services.answers import ask as asking
from services.answers.admission import Admission, at_once
from services.answers.records import Problem
from services.answers.schemas import AnswerOut, AskRequest
from services.answers.work import Question, release_sampling, require_collections
from services.identity import callers, credentials, refusals
from services.identity.callers import Caller
from services.resources import Resources
from services.retrieval import routes as retrieval_routes
from services.retrieval.schemas import SearchReply, SearchRequest

PATH = "/mcp"
BODY_LIMIT = 64 * 1024
# On loopback the library would refuse other host names; a key in a header is no browser's to send.
NOT_LOOPBACK = ""
READS_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)
INSTRUCTIONS = (
    "Answers and passages come from the company's own documents, and only from those that the key's owner "
    "may read. Quote the passages or the answer's citations; nothing outside them is known here."
)


def mount(app: FastAPI) -> None:
    """Route `/mcp`; `serving` must run beside the application."""
    app.router.routes.append(Route(PATH, _Door(app), methods=["POST"], include_in_schema=False))


@asynccontextmanager
async def serving(app: FastAPI, resources: Resources) -> AsyncIterator[None]:
    """Take calls while the block runs."""
    server = _server(resources, app.state.admission)
    # Made for its session manager only: the door is routed by the application itself.
    server.streamable_http_app(
        json_response=True, stateless_http=True, max_request_body_size=BODY_LIMIT, host=NOT_LOOPBACK
    )
    async with server.session_manager.run():
        app.state.mcp = server.session_manager
        yield


class _Door:
    """Lets nobody in without a key of ours; a browser's cookie is not taken, so no other site can use it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if credentials.presented_key(request) is None:
            raise errors.NotSignedIn("Send an API key: Authorization: Bearer hf_…")
        resources: Resources = self._app.state.resources
        request.state.caller = await run_in_threadpool(callers.current_caller, request, resources)
        await self._app.state.mcp.handle_request(scope, receive, send)


def _server(resources: Resources, admission: Admission) -> MCPServer[Any]:
    server: MCPServer[Any] = MCPServer("holdfast", title="Holdfast", instructions=INSTRUCTIONS)

    @server.tool(annotations=READS_ONLY)
    async def search(
        context: Context[Any, Any], question: str, collections: list[str] | None = None, limit: int = 8
    ) -> SearchReply:
        """Find the passages of the company's documents that fit a question best, without the model."""
        async with _told(context):
            caller = _caller(context, "search")
            wanted = SearchRequest(question=question, collections=collections, limit=limit)
            return await run_in_threadpool(retrieval_routes.search_passages, wanted, caller, resources)

    @server.tool(annotations=READS_ONLY)
    async def ask(
        context: Context[Any, Any], question: str, collections: list[str] | None = None
    ) -> AnswerOut:
        """Answer a question from the company's documents; every sentence carries its citations."""
        async with _told(context):
            caller = _caller(context, "ask")
            wanted = AskRequest(question=question, collections=collections)
            ticket = admission.enter(caller.person_id)
            return await at_once(ticket, _answer(wanted, caller, resources))

    return server


def _caller(context: Context[Any, Any], scope: callers.Scope) -> Caller:
    """Whom the door let in for this very call."""
    request = context.request_context.request
    if not isinstance(request, Request):
        raise errors.NotSignedIn
    caller: Caller = request.state.caller
    caller.require(scope)
    return caller


@asynccontextmanager
async def _told(context: Context[Any, Any]) -> AsyncIterator[None]:
    """What goes wrong is said to the assistant in the words of the REST door, and refusals are recorded."""
    try:
        yield
    except errors.HoldfastError as error:
        request = context.request_context.request
        if isinstance(request, Request):
            await refusals.note(request, error)
        raise ToolError(f"{error.code}: {error.detail}") from error
    except ValidationError as error:
        # Places and rules only: the values may hold a question.
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors() if item["loc"])
        raise ToolError(f"invalid_request: {wrong}") from error


async def _answer(wanted: AskRequest, caller: Caller, resources: Resources) -> AnswerOut:
    if wanted.collections:
        await run_in_threadpool(require_collections, caller, wanted.collections, resources)
    question = Question(
        caller=caller,
        text=wanted.question,
        policy=resources.settings.answers.policy,
        sampling=release_sampling(resources),
        collections=wanted.collections,
    )
    outcome = await asking.answer_at_once(question, resources)
    if isinstance(outcome, Problem):
        raise ToolError(f"{outcome.code}: {outcome.detail}")
    return outcome
