"""Asking as a person of the demo company, over HTTP only, keeping every byte that comes back."""

from types import TracebackType
from typing import Self

import httpx

from services.cli.asker import TIMEOUT, HttpAsker
from tests.quality.stack import Stack

__all__ = ["TIMEOUT", "Person"]


class Person(HttpAsker):
    """One signed-in person."""

    def __init__(self, stack: Stack, login: str) -> None:
        super().__init__(httpx.Client(base_url=stack.base_url, timeout=TIMEOUT, trust_env=False), login)
        self.sign_in(stack.passwords[login])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.delete("/api/v1/session")
        self.http.close()
