"""Reading an event stream from a real socket, event by event."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

STREAM = {"Accept": "text/event-stream"}


class Events:
    """The named events of a reply as they arrive; comments are counted."""

    def __init__(self, reply: httpx.Response) -> None:
        self.reply = reply
        self.comments = 0
        self._lines = reply.iter_lines()

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        name = ""
        for line in self._lines:
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))

    def until(self, wanted: str) -> dict[str, Any]:
        """The next event of this name; what comes before it is skipped."""
        return next(body for name, body in self if name == wanted)

    def wait_for_comment(self) -> None:
        next(line for line in self._lines if line.startswith(":"))


@contextmanager
def asking(address: str, headers: dict[str, str], **body: Any) -> Iterator[Events]:
    """A question asked as a stream; leaving the block closes the connection."""
    with (
        httpx.Client(base_url=address, timeout=60, trust_env=False) as client,
        client.stream("POST", "/api/v1/answers", json=body, headers=headers | STREAM) as reply,
    ):
        assert reply.status_code == 200, reply.read()
        yield Events(reply)


def ask(address: str, headers: dict[str, str], timeout: Any = 60, **body: Any) -> httpx.Response:
    """The answer at once."""
    url = f"{address}/api/v1/answers"
    return httpx.post(url, json=body, headers=headers, timeout=timeout, trust_env=False)


def lookup(address: str, headers: dict[str, str], answer_id: str) -> httpx.Response:
    return httpx.get(f"{address}/api/v1/answers/{answer_id}", headers=headers, trust_env=False, timeout=60)


def stored(address: str, headers: dict[str, str], answer_id: str) -> dict[str, Any]:
    """The answer as it was kept."""
    reply = lookup(address, headers, answer_id)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer
