"""Replies that last: an event stream with a heartbeat, ended the moment its reader leaves.

Disconnects are watched on `receive()` itself, and cancelling the task closes the events, which closes the
request to the engine in turn.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services import errors
from services.event_stream import HEADERS, comment

Result = TypeVar("Result")


class EventStream(Response):
    """Sends `events` as they come; a comment every `heartbeat_s` of silence keeps proxies patient."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        heartbeat_s: float,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        """`at_end` is called however the stream ends, also when not one event was asked for."""
        super().__init__(headers=HEADERS)
        self._at_end = at_end
        del self.headers["content-length"]
        self._events, self._heartbeat_s = events, heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        lock = anyio.Lock(fast_acquire=True)  # else each event costs a turn of the loop, lock free or not

        async def send_bytes(body: bytes, *, more: bool = True) -> None:
            async with lock:
                await send({"type": "http.response.body", "body": body, "more_body": more})

        try:
            await self._send_all(receive, send, send_bytes)
        finally:
            if self._at_end is not None:
                self._at_end()

    async def _send_all(
        self, receive: Receive, send: Send, send_bytes: Callable[..., Awaitable[None]]
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_on_disconnect, receive, group.cancel_scope)
            group.start_soon(self._beat, send_bytes)
            async with aclosing(self._events) as events:
                async for body in events:
                    await send_bytes(body)
            await send_bytes(b"", more=False)
            group.cancel_scope.cancel()

    async def _beat(self, send_bytes: Callable[[bytes], Awaitable[None]]) -> None:
        while True:
            await anyio.sleep(self._heartbeat_s)
            await send_bytes(comment("still here"))


async def _cancel_on_disconnect(receive: Receive, cancel_scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    cancel_scope.cancel()


async def while_connected(request: Request, work: Awaitable[Result]) -> Result | None:
    """The work's result, or None when the client left first (the work is cancelled then)."""
    results: list[Result] = []
    failures: list[errors.HoldfastError] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_cancel_on_disconnect, request.receive, group.cancel_scope)
        try:
            results.append(await work)
        except errors.HoldfastError as error:
            failures.append(error)  # out of the group as itself, not as a group of errors
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return results[0] if results else None
