"""A collection's texts for calibration, read over REST as the administrator, who sees only what they may."""

from collections.abc import Iterator
from typing import Any

import httpx

from services import errors
from services.cli.client import Credentials, raise_problem, signed_in
from services.engine.orders import split
from services.settings import Settings


def read(settings: Settings, collection: str) -> tuple[str, ...]:
    """Pieces of all documents of the collection; errors.NotFound where there is nothing to read."""
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        pieces = [piece for text in _texts(client, collection) for piece in split(text)]
    if not pieces:
        raise errors.NotFound(f"{collection}: there is no document in it that you may read")
    return tuple(pieces)


def _texts(client: httpx.Client, collection: str) -> Iterator[str]:
    for document in _documents(client, collection):
        if document["version"] is not None:
            yield str(_got(client, f"/api/v1/documents/{document['id']}/text", {})["text"])


def _documents(client: httpx.Client, collection: str) -> Iterator[dict[str, Any]]:
    asked = {"collection": collection, "limit": "200"}
    while True:
        page = _got(client, "/api/v1/documents", asked)
        yield from page["items"]
        if not page["next_cursor"]:
            return
        asked["cursor"] = page["next_cursor"]


def _got(client: httpx.Client, path: str, asked: dict[str, str]) -> dict[str, Any]:
    reply = client.get(path, params=asked)
    raise_problem(reply)
    found: dict[str, Any] = reply.json()
    return found
