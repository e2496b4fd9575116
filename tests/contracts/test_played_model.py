"""One suite for the model played with, over HTTP and its twin."""

from contextlib import ExitStack, aclosing
from functools import partial

import pytest

from services import errors
from services.adapters.vllm_play import Play
from services.adapters.vllm_probe import Draw
from tests.contracts.test_language_model import QUESTION, model_over_http, run
from tests.fakes_ground import FakeLanguageModel


@pytest.fixture(params=["fake", "http"])
def open_model(request):
    with ExitStack() as stack:
        yield FakeLanguageModel if request.param == "fake" else partial(model_over_http, stack)


async def played(model, **more):
    wanted = Play(**({"max_tokens": 64, "messages": tuple(QUESTION), "likeliest": 2} | more))
    async with aclosing(model.play(wanted, cache_salt="salt")) as pieces:
        return [piece async for piece in pieces]


def test_each_piece_has_its_tokens_and_the_end_its_reason_and_counts(open_model):
    pieces = run(open_model(["It is ", "so."]), played)
    assert "".join(piece.text for piece in pieces) == "It is so."
    drawn = [token for piece in pieces for token in piece.tokens]
    assert drawn[0] == Draw("It is ", -0.25, (("It is ", -0.25), ("other", -4.0)))
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert max(piece.completion_tokens for piece in pieces) == 2


def test_without_log_probabilities_there_are_no_tokens(open_model):
    pieces = run(open_model(["It is ", "so."]), partial(played, likeliest=None))
    assert not any(piece.tokens for piece in pieces)


@pytest.mark.parametrize("how", [{"is_down": True}, {"dies_after": 1}])
def test_engine_that_is_down_or_dies_is_unavailable(open_model, how):
    with pytest.raises(errors.EngineUnavailable):
        run(open_model(["It is ", "so."], **how), played)


def test_prompt_that_does_not_fit_is_an_invalid_request(open_model):
    long = ({"role": "user", "content": "word " * 3000},)
    with pytest.raises(errors.InvalidRequest):
        run(open_model(), partial(played, messages=long))
