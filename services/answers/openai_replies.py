"""Replies of the OpenAI-compatible door, grounded or bare: one completion at once, or its chunks."""

import time
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What a completion and all of its chunks begin with."""

    id: str
    model: str
    created: int

    @classmethod
    def of(cls, answer_id: str, model: str, created: float | None = None) -> "Head":
        return cls(f"chatcmpl-{answer_id}", model, int(time.time() if created is None else created))

    def chunk(self, delta: Body, finish_reason: str | None = None, **extra: object) -> Body:
        """A part of a stream; the last one has the reason."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._body("chat.completion.chunk") | {"choices": [choice], **extra}

    def usage_chunk(self, usage: Body) -> Body:
        """What ends a stream whose client asked for the token counts."""
        return self._body("chat.completion.chunk") | {"choices": [], "usage": usage}

    def completion(self, said: Body, finish_reason: str, usage: Body, about: Body) -> Body:
        """The whole reply; `said` is the message's text and what goes beside it, `about` is for the reply."""
        message = {"role": "assistant", "refusal": None, **said}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return self._body("chat.completion") | {"choices": [choice], "usage": usage, "holdfast": about}

    def _body(self, kind: str) -> Body:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


FIRST_DELTA = {"role": "assistant", "content": ""}


def usage_of(prompt_tokens: int, completion_tokens: int) -> Body:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
