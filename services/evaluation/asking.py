"""Who asks during an evaluation: one person at the product's own REST doors."""

from dataclasses import dataclass
from typing import Any, Protocol

from services.evaluation.wire import Exchange


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; `wire` is its headers and its body."""

    status: int
    wire: bytes


class Asker(Protocol):
    """One person, or an application of theirs, with everything kept that comes back."""

    @property
    def login(self) -> str: ...

    def search(self, question: str, limit: int = 5, **wanted: Any) -> list[dict[str, Any]]: ...

    def ask(self, question: str, **wanted: Any) -> Exchange:
        """The answer as a stream of events, each with the moment it was complete."""

    def stored_text(self, document_id: str) -> str | None:
        """The document's stored text; None where this person may not read it."""

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply: ...
