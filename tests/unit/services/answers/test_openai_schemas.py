"""What clients of the OpenAI API send, and what is refused rather than ignored."""

import pytest

from services import errors
from services.adapters.vllm import Sampling
from services.answers.openai_schemas import ChatRequest, error_body

DEFAULT = Sampling(max_tokens=256, temperature=0.0, top_p=1.0, seed=3)


def request(*texts: str, **given) -> ChatRequest:
    messages = given.pop("messages", [{"role": "user", "content": text} for text in texts or ("Why?",)])
    return ChatRequest.model_validate({"model": "holdfast", "messages": messages} | given)


def test_question_is_the_last_thing_the_user_said():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": [{"type": "text", "text": "And "}, {"type": "text", "text": "then? "}]},
    ]
    assert request(messages=messages).question == "And then?"


@pytest.mark.parametrize("text", ["", "   "])
def test_blank_question_is_refused(text):
    with pytest.raises(errors.InvalidRequest):
        _ = request("Before?", text).question


def test_sampling_is_the_clients_where_it_named_one():
    wanted = request(temperature=0.7, seed=0, max_tokens=9)
    assert wanted.sampling(DEFAULT, 256) == Sampling(max_tokens=9, temperature=0.7, top_p=1.0, seed=0)


def test_sampling_is_never_longer_than_allowed():
    assert request(max_completion_tokens=8000).sampling(DEFAULT, 512).max_tokens == 512


@pytest.mark.parametrize(
    "given",
    [
        {"n": 2},
        {"tools": [{}]},
        {"stop": "."},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
    ],
    ids=str,
)
def test_what_would_change_the_answer_is_refused(given):
    with pytest.raises(errors.UnsupportedParameter):
        request(**given).refuse_unsupported()


@pytest.mark.parametrize(
    "given",
    [
        {"tools": []},
        {"stop": None},
        {"logprobs": False},
        {"response_format": {"type": "text"}},
        {"user": "u"},
    ],
    ids=str,
)
def test_what_changes_nothing_is_taken(given):
    request(**given).refuse_unsupported()


def test_json_by_a_schema_is_done_where_answers_are_grounded_only():
    schema = {"type": "object"}
    asked = request(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema}})
    assert asked.answer_schema == schema
    asked.refuse_unsupported(may_shape=True)
    with pytest.raises(errors.UnsupportedParameter, match="response_format"):
        asked.refuse_unsupported()


@pytest.mark.parametrize("given", [{}, {"json_schema": None}, {"json_schema": {"schema": "x"}}], ids=str)
def test_json_without_a_schema_cannot_be_asked_for(given):
    with pytest.raises(errors.InvalidRequest):
        request(response_format={"type": "json_schema", **given}).refuse_unsupported(may_shape=True)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.NotSignedIn(), "authentication_error"),
        (errors.NotFound(), "invalid_request_error"),
        (errors.EngineUnavailable(), "api_error"),
    ],
)
def test_error_says_whose_fault_it_is(error, kind):
    assert error_body(error)["error"]["type"] == kind
