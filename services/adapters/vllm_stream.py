"""vLLM's stream of a completion, read from its bytes over aiohttp.

Clients that make checked objects of every chunk, and httpx's own protocol in Python, cost several times what
this product does with a token (`python -m tests.load.per_token`); what is wanted of a chunk is little.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from services import errors
from services.settings import Engine

Chunk = Mapping[str, Any]
CONNECT_S = 3.0
_DATA, _DONE = b"data:", b"[DONE]"
_LONGEST_LINE = 1024 * 1024
_BROKEN = "The engine broke off its answer"


@dataclass(slots=True)
class ChunkReader:
    """Takes bytes wherever they are cut, and gives the chunks that they complete."""

    is_done: bool = False
    """Whether the engine has said that this was all."""
    _rest: bytes = b""

    def feed(self, block: bytes) -> list[Chunk]:
        """errors.EngineUnavailable where the engine says that it failed, or speaks otherwise."""
        *lines, self._rest = (self._rest + block).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise errors.EngineUnavailable(_BROKEN)
        found = []
        for line in lines:
            if not line.startswith(_DATA):
                continue  # comments, and the empty line that ends an event
            content = line[len(_DATA) :].strip()
            if content == _DONE:
                self.is_done = True
            elif not self.is_done:
                found.append(_chunk(content))
        return found


async def chunks(settings: Engine, way: str, body: Mapping[str, Any]) -> AsyncGenerator[Chunk, None]:
    """What the engine says; closing the iterator ends the request, so that vLLM stops as well.

    Each answer has a connection of its own: no other one notices when it is cut.
    """
    reader = ChunkReader()
    try:
        async with (
            _session(settings) as session,
            session.post(f"{settings.url}/{way}", json=body, allow_redirects=False) as reply,
        ):
            _require_success(reply.status)
            async for block in reply.content.iter_any():
                for chunk in reader.feed(block):
                    yield chunk
                if reader.is_done:
                    return
    except (aiohttp.ClientError, TimeoutError) as error:
        raise errors.EngineUnavailable from error
    raise errors.EngineUnavailable(_BROKEN)


def _session(settings: Engine) -> aiohttp.ClientSession:
    """Proxy variables are not read: one must not lead the prompt out of the network."""
    headers = {"Accept-Encoding": "identity"}
    if key := settings.api_key.get_secret_value():
        headers["Authorization"] = f"Bearer {key}"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=settings.timeout_s),
        trust_env=False,
    )


def _require_success(status: int) -> None:
    if status == HTTPStatus.BAD_REQUEST:
        raise errors.InvalidRequest("The engine cannot take this prompt; shorten it")
    if status == HTTPStatus.UNAUTHORIZED:
        raise errors.EngineUnavailable("The engine refused our key")
    if status != HTTPStatus.OK:
        raise errors.EngineUnavailable


def _chunk(content: bytes) -> Chunk:
    try:
        chunk = json.loads(content)
    except ValueError as error:
        raise errors.EngineUnavailable(_BROKEN) from error
    if not isinstance(chunk, dict) or "error" in chunk:
        raise errors.EngineUnavailable(_BROKEN)
    return chunk
