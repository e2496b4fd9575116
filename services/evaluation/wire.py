"""What came over the wire, read independently of the product: events with the moment each was complete."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `at_s` counts from the moment the request was sent."""

    name: str
    data: dict[str, Any]
    at_s: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence's pointer into a document's stored text, as the reader received it."""

    document_id: str
    document_name: str
    page: int | None
    quote: str
    start: int
    end: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that reached the reader."""

    text: str
    status: str
    citations: tuple[Citation, ...]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls(row["text"], row["status"], tuple(Citation.of(one) for one in row["citations"]))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer's stream: every byte received, the events in it, and how long it took."""

    status: int
    raw: bytes
    total_s: float
    events: tuple[Event, ...] = field(default=())

    @property
    def sentences(self) -> list[Sentence]:
        return [Sentence.of(event.data) for event in self.events if event.name == "sentence"]

    @property
    def answer(self) -> dict[str, Any]:
        """The final answer; empty where the stream ended without one."""
        return next((event.data for event in self.events if event.name == "answer"), {})

    @property
    def kind(self) -> str:
        """generated | quoted | refused | failed."""
        return str(self.answer.get("kind") or "failed")

    @property
    def is_answered(self) -> bool:
        return self.kind in ("generated", "quoted")

    @property
    def citations(self) -> list[Citation]:
        return [citation for sentence in self.sentences for citation in sentence.citations]

    @property
    def passages(self) -> list[dict[str, Any]]:
        """What was found for the answer."""
        events = (event.data["passages"] for event in self.events if event.name == "passages")
        return next(events, [])

    def first(self, name: str) -> float | None:
        """When the first event of this name was there, None where there was none."""
        return next((event.at_s for event in self.events if event.name == name), None)


class EventReader:
    """Bytes in, whole events out; a comment (heartbeat) is no event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes, at_s: float) -> Iterator[Event]:
        self._rest += piece.replace(b"\r\n", b"\n")
        while b"\n\n" in self._rest:
            block, _, self._rest = self._rest.partition(b"\n\n")
            event = _event(block.decode(), at_s)
            if event is not None:
                yield event


def _event(block: str, at_s: float) -> Event | None:
    name, data = "message", []
    for line in block.splitlines():
        field_name, _, value = line.partition(":")
        if field_name == "event":
            name = value.strip()
        elif field_name == "data":
            data.append(value.removeprefix(" "))
    if not data or data == ["[DONE]"]:
        return None
    return Event(name, json.loads("\n".join(data)), at_s)
