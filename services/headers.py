"""Headers that every reply carries, and the id that ties a request to its log lines. Pure ASGI."""

import logging
import secrets
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import telemetry

log = logging.getLogger(__name__)
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


LastWord = Callable[[Request, Exception], Awaitable[Response]]


class SecurityHeaders:
    """Adds the headers; replies of the API are never cached unless they say otherwise.

    An error nobody foresaw is logged and answered in here, so that its reply has them and its
    log line the id.
    """

    def __init__(self, app: ASGIApp, last_word: LastWord) -> None:
        self._app, self._last_word = app, last_word

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        token = telemetry.request_id.set(request_id)
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            log.exception("a request broke off")
            if has_begun:
                raise
            reply = await self._last_word(Request(scope), error)
            await reply(scope, receive, send_with_headers)
        finally:
            telemetry.request_id.reset(token)
