"""The language model's contract on real vLLM: what the contract suite asks of its twin."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import pytest

from services import errors
from services.adapters.vllm import LanguageModel, Message, Piece, Sampling
from services.release import read_lock
from services.settings import Engine
from tests.parts import wait_until
from tests.quality.stack import EngineFiles
from tests.running_product import RunningProduct

pytestmark = pytest.mark.engine
QUESTION = [{"role": "user", "content": "Name three colours."}]
Result = TypeVar("Result")
Act = Callable[[LanguageModel], Coroutine[Any, Any, Result]]


@pytest.fixture
def on_engine(stack: RunningProduct, engine_files: EngineFiles) -> Callable[..., Any]:
    """Does something with a model of the running engine, in a loop of its own."""
    generator = read_lock(engine_files.lock).generator
    tokenizer = engine_files.models / generator.folder / "tokenizer.json"

    def run(act: Act[Result], **other: str) -> Result:
        async def both() -> Result:
            model = LanguageModel(Engine(**(stack.engine | other)), generator.served_name, str(tokenizer))
            try:
                return await act(model)
            finally:
                await model.close()

        return asyncio.run(both())

    return run


async def read(
    model: LanguageModel, messages: Sequence[Message] = QUESTION, max_tokens: int = 24
) -> list[Piece]:
    async with aclosing(model.stream(messages, Sampling(max_tokens=max_tokens))) as pieces:
        return [piece async for piece in pieces]


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_the_same_prompt_gives_the_same_words(on_engine):
    said = [text_of(on_engine(read)) for _ in range(2)]
    assert said[0] == said[1] != ""


def test_the_end_says_why_and_how_many_tokens(on_engine):
    pieces = on_engine(lambda model: read(model, max_tokens=4))
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["length"]
    assert [piece.completion_tokens for piece in pieces if piece.completion_tokens] == [4]


def test_tokens_are_counted_as_the_engine_counts_them(on_engine):
    content = "The lantern on pier seven is lit at 17:40 every evening."
    longer = [{"role": "user", "content": f"{content} {content}"}]
    once, twice = (
        max(piece.prompt_tokens for piece in on_engine(lambda model, asked=asked: read(model, asked, 1)))
        for asked in ([{"role": "user", "content": content}], longer)
    )

    async def counted(model: LanguageModel) -> list[int]:
        return model.count_tokens([content, f"{content} {content}"])

    short, long = on_engine(counted)
    assert twice - once == long - short


def test_a_prompt_that_does_not_fit_is_an_invalid_request(on_engine):
    with pytest.raises(errors.InvalidRequest):
        on_engine(lambda model: read(model, [{"role": "user", "content": "word " * 9000}]))


def test_a_key_the_engine_refuses_makes_it_unavailable(on_engine):
    with pytest.raises(errors.EngineUnavailable, match="refused our key"):
        on_engine(read, api_key="wrong")


def test_readiness_is_what_the_engine_says(on_engine):
    wait_until(lambda: on_engine(lambda model: model.is_ready()), "the engine says that it is ready")
    assert on_engine(lambda model: model.is_ready(), url="http://127.0.0.1:1/v1") is False
