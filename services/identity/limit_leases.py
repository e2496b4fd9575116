"""Gives the places among the answers being written back, however a request ends. Pure ASGI."""

from typing import TYPE_CHECKING

import anyio
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from services.identity import limits

if TYPE_CHECKING:
    from services.resources import Resources


class LimitLeases:
    """A stream holds its place until its last byte, or until its reader has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        try:
            await self._app(scope, receive, send)
        finally:
            leases = state.get("leases")
            if leases:
                resources: Resources = scope["app"].state.resources
                if resources.windows is not None:
                    with anyio.CancelScope(shield=True):
                        await run_in_threadpool(limits.release, leases, resources.windows)
