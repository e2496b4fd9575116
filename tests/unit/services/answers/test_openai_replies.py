"""Completions and chunks share what they begin with."""

from services.answers.openai_replies import FIRST_DELTA, Head, usage_of

HEAD = Head.of("a1", "holdfast", 12.9)
BEGINNING = {"id": "chatcmpl-a1", "created": 12, "model": "holdfast"}


def test_chunks_and_completion_begin_alike():
    usage = usage_of(3, 4)
    replies = [
        HEAD.chunk(FIRST_DELTA),
        HEAD.usage_chunk(usage),
        HEAD.completion({"content": "Yes."}, "stop", usage, {"grounded": True}),
    ]
    assert all(BEGINNING.items() <= reply.items() for reply in replies)
    assert [reply["object"] for reply in replies] == ["chat.completion.chunk"] * 2 + ["chat.completion"]


def test_last_chunk_has_the_reason_and_what_is_extra():
    chunk = HEAD.chunk({"citations": []}, "stop", holdfast={"grounded": True})
    assert chunk["choices"][0]["finish_reason"] == "stop"
    assert chunk["holdfast"] == {"grounded": True}


def test_usage_adds_up():
    assert usage_of(3, 4) == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
