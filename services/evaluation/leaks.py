"""Permission leaks: each question of a closed group asked by a person outside it, through every door.

A leak is the question's canary in any byte that comes back: headers, bodies, streams, also where JSON escapes
it or a stream cuts it into pieces.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.evaluation import wording
from services.evaluation.asking import Asker
from services.evaluation.sets import Question

MODEL = "holdfast"


@dataclass(frozen=True, slots=True)
class Probe:
    """One door tried by one person who may not pass it."""

    question: str
    asked_as: str
    door: str
    status: int
    leaked: bool


def probe(question: Question, outsider: Asker, insider: Asker) -> list[Probe]:
    """Every door, tried by `outsider`; `insider` only says which ids there are to try."""
    found = insider.search(question.question, limit=10)
    closed = [passage for passage in found if passage["document_name"] == question.document]
    return [
        Probe(question.id, outsider.login, door, status, has_leaked(question.canary or "", wire))
        for door, status, wire in [*_by_asking(question, outsider), *_by_id(closed, outsider)]
    ]


def _by_asking(question: Question, outsider: Asker) -> Iterator[tuple[str, int, bytes]]:
    text = question.question
    reply = outsider.send("POST", "/api/v1/search", {"question": text, "limit": 50})
    yield "search", reply.status, reply.wire
    exchange = outsider.ask(text)
    yield "answer", exchange.status, exchange.raw
    if answer_id := exchange.answer.get("id"):
        reply = outsider.send("GET", f"/api/v1/answers/{answer_id}")
        yield "stored answer", reply.status, reply.wire
    for stream in (False, True):
        body = {"model": MODEL, "stream": stream, "messages": [{"role": "user", "content": text}]}
        reply = outsider.send("POST", "/v1/chat/completions", body)
        yield f"chat completions{', stream' if stream else ''}", reply.status, reply.wire


def _by_id(closed: list[dict[str, Any]], outsider: Asker) -> Iterator[tuple[str, int, bytes]]:
    paths = {f"/api/v1/passages/{passage['chunk_id']}": "passage" for passage in closed}
    for passage in closed:
        base = f"/api/v1/documents/{passage['document_id']}"
        paths |= {base: "document", f"{base}/text": "document text", f"{base}/file": "document file"}
    for path, door in paths.items():
        reply = outsider.send("GET", path)
        yield door, reply.status, reply.wire


def has_leaked(canary: str, wire: bytes) -> bool:
    return any(wording.is_written_in(canary, view) for view in _views(wire.decode(errors="replace")))


def _views(text: str) -> Iterator[str]:
    """The bytes as they are; the strings in their JSON, unescaped; a stream's pieces put together."""
    yield text
    documents = list(_json_documents(text))
    yield "\n".join(string for document in documents for string in _strings(document))
    yield "".join(
        choice["delta"].get("content") or ""
        for document in documents
        if isinstance(document, dict)
        for choice in document.get("choices") or []
        if "delta" in choice
    )
    yield " ".join(
        document["text"] for document in documents if isinstance(document, dict) and "text" in document
    )


def _json_documents(text: str) -> Iterator[Any]:
    _, _, body = text.partition("\r\n\r\n")
    for part in [
        body,
        *(line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:")),
    ]:
        try:
            yield json.loads(part)
        except ValueError:
            continue


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
