"""One suite for the language model over HTTP and its twin."""

import asyncio
import threading
from contextlib import ExitStack, aclosing, contextmanager
from functools import partial

import pytest

from services import errors
from services.adapters.embedder import bundled_folder
from services.adapters.vllm import LanguageModel, Sampling
from services.adapters.vllm_probe import Draw
from services.settings import Engine
from tests.chroma_server import free_port
from tests.fakes_ground import FakeLanguageModel
from tests.parts import wait_until
from tests.scripted_engine import Engine as ScriptedEngine
from tests.scripted_engine import Script

QUESTION = [{"role": "user", "content": "Is it so?"}]
TOKENIZER = str(bundled_folder() / "tokenizer.json")
KEY = "e" * 32


@contextmanager
def serving(script):
    server = ScriptedEngine(script)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def model_over_http(stack, pieces=(), *, dies_after=None, is_down=False):
    """The real model on an engine of this machine that says the pieces."""
    script = Script(says=pieces, key=KEY, dies_after=dies_after)
    url = f"http://127.0.0.1:{free_port()}/v1" if is_down else stack.enter_context(serving(script))
    return LanguageModel(Engine(url=url, api_key=KEY), "scripted", TOKENIZER)


@pytest.fixture(params=["fake", "http"])
def open_model(request):
    if request.param == "fake":
        yield FakeLanguageModel
        return
    with ExitStack() as stack:
        yield partial(model_over_http, stack)


def run(model, act):
    """Do it in a loop of its own, and give the model's connections back there."""

    async def both():
        try:
            return await act(model)
        finally:
            await model.close()

    return asyncio.run(both())


async def read(model, messages=QUESTION, **sampling):
    given = Sampling(**({"max_tokens": 64} | sampling))
    async with aclosing(model.stream(messages, given)) as pieces:
        return [piece async for piece in pieces]


def text_of(pieces):
    return "".join(piece.text for piece in pieces)


def test_pieces_come_in_their_order(open_model):
    assert text_of(run(open_model(["It ", "is ", "so."]), read)) == "It is so."


def test_the_end_says_why_and_how_many_tokens(open_model):
    pieces = run(open_model(["It is ", "so."]), read)
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    assert [piece.completion_tokens for piece in pieces if piece.completion_tokens] == [2]
    assert max(piece.prompt_tokens for piece in pieces) > 0


def test_an_answer_that_is_cut_says_so(open_model):
    pieces = run(open_model(["a ", "b ", "c "]), lambda model: read(model, max_tokens=2))
    assert text_of(pieces) == "a b "
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["length"]


def test_an_engine_that_is_down_is_unavailable(open_model):
    with pytest.raises(errors.EngineUnavailable):
        run(open_model(is_down=True), read)


def test_an_engine_that_dies_midway_is_unavailable_after_what_it_said(open_model):
    heard = []

    async def listen(model):
        async with aclosing(model.stream(QUESTION, Sampling(max_tokens=64))) as pieces:
            async for piece in pieces:
                heard.append(piece.text)

    with pytest.raises(errors.EngineUnavailable):
        run(open_model(["It is ", "so."], dies_after=1), listen)
    assert "".join(heard) == "It is "


def test_a_prompt_that_does_not_fit_is_an_invalid_request(open_model):
    long = [{"role": "user", "content": "word " * 3000}]
    with pytest.raises(errors.InvalidRequest):
        run(open_model(), lambda model: read(model, long))


def test_tokens_are_counted_text_by_text(open_model):
    model = open_model()
    few, more = model.count_tokens(["one", "one two three"])
    assert 0 < few < more
    asyncio.run(model.close())


@pytest.mark.parametrize("is_down", [False, True])
def test_readiness_is_what_the_engine_says(open_model, is_down):
    def says() -> bool:
        return run(open_model(is_down=is_down), lambda model: model.is_ready())

    if is_down:
        assert not says()
    else:
        wait_until(says, "the engine says that it is ready")  # within a second, or it is asked again


def test_leaving_ends_the_request(tmp_path):
    hold = tmp_path / "hold"
    hold.touch()
    script = Script(says=["It is ", "so."], key=KEY, hold=hold)

    async def leave_after_one(model):
        async with aclosing(model.stream(QUESTION, Sampling(max_tokens=64))) as pieces:
            return (await anext(pieces)).text

    with serving(script) as url:
        model = LanguageModel(Engine(url=url, api_key=KEY), "scripted", None)
        assert run(model, leave_after_one) == "It is "
        assert script.left.wait(60)


def test_a_key_the_engine_refuses_makes_it_unavailable():
    with serving(Script(key="another")) as url:
        model = LanguageModel(Engine(url=url, api_key=KEY), "scripted", None)
        with pytest.raises(errors.EngineUnavailable) as refused:
            run(model, read)
    assert "refused our key" in str(refused.value)


def test_without_a_tokenizer_nothing_is_counted():
    model = LanguageModel(Engine(api_key=KEY), "scripted", None)
    with pytest.raises(errors.EngineUnavailable):
        model.count_tokens(["one"])
    asyncio.run(model.close())


def test_sampling_reaches_the_engine():
    script = Script()
    with serving(script) as url:
        model = LanguageModel(Engine(url=url, api_key=KEY), "scripted", None)
        run(model, lambda model: read(model, seed=7, temperature=0.5, stop=("END",)))
    asked = script.asked[0]
    assert (asked["seed"], asked["temperature"], asked["stop"]) == (7, 0.5, ["END"])
    assert asked["stream_options"] == {"include_usage": True}


def test_a_schema_reaches_the_engine_under_vllms_own_name():
    script, schema = Script(), {"type": "object", "properties": {"a": {"type": "string"}}}
    with serving(script) as url:
        model = LanguageModel(Engine(url=url, api_key=KEY), "scripted", None)
        run(model, lambda model: read(model, json_schema=schema))
        run(LanguageModel(Engine(url=url, api_key=KEY), "scripted", None), read)
    assert [body.get("structured_outputs") for body in script.asked] == [{"json": schema}, None]


def test_tokens_are_drawn_with_their_log_probabilities(open_model):
    model = open_model(["It is ", "so."])
    drawn = run(model, lambda model: model.draw(QUESTION, Sampling(max_tokens=1)))
    assert drawn == (Draw("It is ", -0.25, (("It is ", -0.25), ("other", -4.0))),)


def test_engine_tells_its_version_and_flags_without_what_it_measured(open_model):
    told = run(open_model([]), lambda model: model.facts())
    assert told == {"version": "1.0", "block_size": "16"}


@pytest.mark.parametrize(
    "ask", [lambda model: model.facts(), lambda model: model.draw(QUESTION, Sampling(1))]
)
def test_engine_that_is_down_tells_nothing(open_model, ask):
    with pytest.raises(errors.EngineUnavailable):
        run(open_model([], is_down=True), ask)


def test_every_draw_keeps_out_of_the_prefix_cache():
    script = Script(key=KEY)
    with serving(script) as url:
        model = LanguageModel(Engine(url=url, api_key=KEY), "scripted", TOKENIZER)

        async def twice(model):
            return [await model.draw(QUESTION, Sampling(1)) for _ in range(2)]

        run(model, twice)
    first, second = script.asked
    assert first["cache_salt"] != second["cache_salt"]
    assert (first["logprobs"], first["top_logprobs"], first["seed"]) == (True, 5, 0)
