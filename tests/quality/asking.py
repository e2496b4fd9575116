"""Asking as a person of the demo company, over HTTP only, keeping every byte that comes back."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.quality.stack import Stack
from tests.quality.wire import Event, EventReader, Exchange

TIMEOUT = httpx.Timeout(300.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; `wire` is its headers and its body."""

    status: int
    wire: bytes


class Person:
    """One signed-in person."""

    def __init__(self, stack: Stack, login: str) -> None:
        self.login = login
        self.http = httpx.Client(base_url=stack.base_url, timeout=TIMEOUT, trust_env=False)
        reply = self.http.post("/api/v1/session", json={"login": login, "password": stack.passwords[login]})
        reply.raise_for_status()
        self.http.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        self._texts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.delete("/api/v1/session")
        self.http.close()

    def search(self, question: str, limit: int = 5) -> list[dict[str, Any]]:
        reply = self.http.post("/api/v1/search", json={"question": question, "limit": limit})
        reply.raise_for_status()
        passages: list[dict[str, Any]] = reply.json()["passages"]
        return passages

    def ask(self, question: str, **wanted: Any) -> Exchange:
        """The answer as a stream of events, each with the moment it was complete."""
        sent = time.perf_counter()
        reader, raw = EventReader(), bytearray()
        events: list[Event] = []
        with self.http.stream(
            "POST",
            "/api/v1/answers",
            json={"question": question, **wanted},
            headers={"Accept": "text/event-stream"},
        ) as reply:
            raw += _headers(reply)
            for piece in reply.iter_bytes():
                raw += piece
                events += reader.feed(piece, time.perf_counter() - sent)
        return Exchange(reply.status_code, bytes(raw), time.perf_counter() - sent, tuple(events))

    def stored_text(self, document_id: str) -> str | None:
        """The document's stored text; None where this person may not read it."""
        if document_id not in self._texts:
            reply = self.http.get(f"/api/v1/documents/{document_id}/text")
            if reply.status_code == 404:
                return None
            reply.raise_for_status()
            self._texts[document_id] = reply.json()["text"]
        return self._texts[document_id]

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        reply = self.http.request(method, path, json=body)
        return Reply(reply.status_code, _headers(reply) + reply.content)


def _headers(reply: httpx.Response) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in reply.headers.raw) + b"\r\n"
