"""Operations that are going away: said in every reply of theirs and in the schema, a good while before.

`Deprecation` (RFC 9745) says since when, `Sunset` (RFC 8594) from when on they may be gone, `Link` what to
use instead. To retire one, add it to `RETIRING`; it goes when its day has come, and its line here with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Retiring:
    """`path` as the schema has it (`/api/v1/things/{thing_id}`); `instead` is the address to use."""

    method: str
    path: str
    since: datetime
    until: datetime
    instead: str

    def headers(self) -> dict[str, str]:
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.until.astimezone(UTC), usegmt=True),
            "Link": f'<{self.instead}>; rel="successor-version"',
        }

    def is_at(self, path: str) -> bool:
        """Whether a request's path is of this operation."""
        wanted, given = self.path.split("/"), path.split("/")
        return len(wanted) == len(given) and all(
            part == found or (part.startswith("{") and bool(found))
            for part, found in zip(wanted, given, strict=True)
        )


RETIRING: tuple[Retiring, ...] = ()
"""Nothing is going away at present."""


def found(method: str, path: str, among: Sequence[Retiring] | None = None) -> Retiring | None:
    """What is said of an operation, if it is going away."""
    known = RETIRING if among is None else among
    return next((one for one in known if one.method == method.upper() and one.is_at(path)), None)


class RetirementHeaders:
    """Adds the headers to every reply of what is going away. Pure ASGI."""

    def __init__(self, app: ASGIApp, among: Sequence[Retiring] | None = None) -> None:
        self._app, self._among = app, among

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        retiring = found(scope["method"], scope["path"], self._among) if scope["type"] == "http" else None
        if retiring is None:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in retiring.headers().items():
                    headers.append(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
