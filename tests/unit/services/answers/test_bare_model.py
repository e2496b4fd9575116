"""The bare model's own rules: who may know of it, and what its pieces add up to."""

import anyio
import pytest
from starlette.requests import Request

from services import errors
from services.adapters.vllm import Piece
from services.answers import bare_model
from services.answers.openai_schemas import ChatRequest


def asked(model: str) -> ChatRequest:
    return ChatRequest(model=model, messages=[{"role": "user", "content": "Why?"}])


class Nobody:
    """A caller without the scope."""

    scopes = frozenset({"ask"})


class Named:
    """Resources of which only the model's name is read."""

    class lock:  # noqa: N801
        class generator:  # noqa: N801
            served_name = "small"


@pytest.mark.parametrize("model", ["model:small", "model:other"])
def test_who_may_not_know_of_it_is_told_it_is_not_there(model):
    with pytest.raises(errors.NotFound):
        anyio.run(bare_model.complete, asked(model), Request({"type": "http"}), Nobody(), Named())


def test_reason_and_usage_are_the_engines_last_words():
    pieces = [Piece("a"), Piece("b", finish_reason="length"), Piece(prompt_tokens=5, completion_tokens=2)]
    assert bare_model._finish_reason(pieces) == "length"
    assert bare_model._usage(pieces)["total_tokens"] == 7
