"""The request of a play, and vLLM's two wires of log-probabilities read as one."""

from services.adapters.vllm_play import Play, Played, _played, request_body
from services.adapters.vllm_probe import Draw

TURNS = ({"role": "user", "content": "Why?"},)


def test_only_what_is_allowed_reaches_the_engine():
    body = request_body("small", Play(max_tokens=9, prompt="Once", top_k=40, repetition_penalty=1.1), "salt")
    assert body == {
        "model": "small", "prompt": "Once", "stream": True, "stream_options": {"include_usage": True},
        "max_tokens": 9, "temperature": 0.0, "top_p": 1.0, "top_k": 40, "repetition_penalty": 1.1, "seed": 0,
        "cache_salt": "salt",
    }  # fmt: skip


def test_log_probabilities_are_asked_for_in_each_wires_own_words():
    raw = request_body("small", Play(max_tokens=9, prompt="Once", likeliest=3, stop=("END",)), "s")
    assert (raw["logprobs"], raw["stop"], "top_logprobs" in raw) == (3, ["END"], False)
    chat = request_body("small", Play(max_tokens=9, messages=TURNS, likeliest=3), "s")
    assert (chat["logprobs"], chat["top_logprobs"], "prompt" in chat) == (True, 3, False)
    assert "logprobs" not in request_body("small", Play(max_tokens=9, messages=TURNS), "s")


def test_both_wires_say_the_same():
    chat = {"choices": [{"delta": {"content": "It"}, "logprobs": {"content": [
        {"token": "It", "logprob": -0.5, "top_logprobs": [{"token": "It", "logprob": -0.5}]}]}}]}  # fmt: skip
    raw = {"choices": [{"text": "It", "logprobs": {
        "tokens": ["It"], "token_logprobs": [-0.5], "top_logprobs": [{"It": -0.5}]}}]}  # fmt: skip
    assert _played(chat) == _played(raw) == Played("It", (Draw("It", -0.5, (("It", -0.5),)),))


def test_end_and_counts_come_without_text():
    assert _played({"choices": [{"delta": {}, "finish_reason": "stop"}]}) == Played(finish_reason="stop")
    counted = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    assert _played(counted) == Played(prompt_tokens=3, completion_tokens=2)


def test_first_token_of_a_text_may_have_no_log_probability():
    first = {"choices": [{"text": "It", "logprobs": {
        "tokens": ["It"], "token_logprobs": [None], "top_logprobs": [None]}}]}  # fmt: skip
    assert _played(first).tokens == (Draw("It", 0.0, ()),)
