"""Server-sent events: the wire format, and the headers that keep proxies from holding them back."""

import json
from typing import Any

from pydantic import BaseModel

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
DONE = b"data: [DONE]\n\n"


def event(name: str, data: BaseModel | dict[str, Any]) -> bytes:
    """One named event with a JSON body."""
    body = data.model_dump_json() if isinstance(data, BaseModel) else json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {body}\n\n".encode()


def data(body: dict[str, Any]) -> bytes:
    """One event without a name, as the OpenAI wire has them."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def comment(text: str) -> bytes:
    """A line that clients skip: it keeps the connection open."""
    return f": {text}\n\n".encode()
