"""A person, or an application of theirs, asking over HTTP only; every byte that comes back is kept."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from services.cli.client import raise_problem
from services.evaluation.asking import Reply
from services.evaluation.wire import Event, EventReader, Exchange

TIMEOUT = httpx.Timeout(300.0, connect=5.0)
TRIES, LONGEST_WAIT_S = 6, 30.0


class HttpAsker:
    """`http` knows the address and carries the credential."""

    def __init__(self, http: httpx.Client, login: str, wait: Callable[[float], None] = time.sleep) -> None:
        self.http, self.login, self._wait = http, login, wait
        self._texts: dict[str, str] = {}

    def sign_in(self, password: str) -> None:
        reply = self.http.post("/api/v1/session", json={"login": self.login, "password": password})
        raise_problem(reply)
        self.http.headers["X-CSRF-Token"] = reply.json()["csrf_token"]

    def search(self, question: str, limit: int = 5, **wanted: Any) -> list[dict[str, Any]]:
        """A search that is down for a moment is tried again: hours of asking must not end with it."""
        body = {"question": question, "limit": limit} | wanted
        for _ in range(TRIES):
            reply = self.http.post("/api/v1/search", json=body)
            if reply.status_code not in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
                break
            self._wait(_told_to_wait(reply.headers))
        raise_problem(reply)
        passages: list[dict[str, Any]] = reply.json()["passages"]
        return passages

    def ask(self, question: str, **wanted: Any) -> Exchange:
        """The answer as a stream of events, each with the moment it was complete.

        A full line is waited for; anything else that goes wrong is what came of the question.
        """
        for _ in range(TRIES):
            exchange, headers = self._ask(question, wanted)
            if exchange.status != httpx.codes.TOO_MANY_REQUESTS:
                break
            self._wait(_told_to_wait(headers))
        return exchange

    def _ask(self, question: str, wanted: dict[str, Any]) -> tuple[Exchange, httpx.Headers]:
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
        took = time.perf_counter() - sent
        return Exchange(reply.status_code, bytes(raw), took, tuple(events)), reply.headers

    def stored_text(self, document_id: str) -> str | None:
        """The document's stored text; None where this person may not read it."""
        if document_id not in self._texts:
            reply = self.http.get(f"/api/v1/documents/{document_id}/text")
            if reply.status_code == httpx.codes.NOT_FOUND:
                return None
            raise_problem(reply)
            self._texts[document_id] = reply.json()["text"]
        return self._texts[document_id]

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        reply = self.http.request(method, path, json=body)
        return Reply(reply.status_code, _headers(reply) + reply.content)


def _told_to_wait(headers: httpx.Headers) -> float:
    """Seconds, as `Retry-After` says."""
    told = headers.get("retry-after", "")
    return min(float(told), LONGEST_WAIT_S) if told.isdecimal() else 1.0


def _headers(reply: httpx.Response) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in reply.headers.raw) + b"\r\n"
