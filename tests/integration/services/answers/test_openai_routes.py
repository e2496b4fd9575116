"""`/v1` through the official client, unchanged, and through LangChain's, on a real server."""

from collections.abc import Iterator

import openai
import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from tests.company import Company
from tests.scripted_engine import Script
from tests.travel import ALSO_TRUE, LIE, PIECES, QUESTION, TRUE, UNANSWERABLE
from tests.wire import ask

ASKED = [{"role": "user", "content": QUESTION}]
EMBEDDER = "all-MiniLM-L6-v2"
BARE = "model:scripted"
BOTH = f"{TRUE} [1] Receipts are handed in within 30 days of the return. [2]"


def client_of(address: str, headers: dict[str, str]) -> openai.OpenAI:
    key = headers["Authorization"].removeprefix("Bearer ")
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, timeout=60)


@pytest.fixture
def client(address: str, ada: dict[str, str]) -> Iterator[openai.OpenAI]:
    with client_of(address, ada) as client:
        yield client


@pytest.fixture
def bare(address: str, company: Company) -> Iterator[openai.OpenAI]:
    with client_of(address, company.key("ada", "model:bare")) as client:
        yield client


def test_completion_is_grounded_and_cited(client):
    reply = client.chat.completions.create(model="holdfast", messages=ASKED)
    choice = reply.choices[0]
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", BOTH, "stop")
    assert choice.message.citations[0]["quote"] == TRUE
    assert (reply.model, reply.holdfast["grounded"], reply.holdfast["kind"]) == (
        "holdfast",
        True,
        "generated",
    )
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens == 9


def test_stream_says_the_same_as_the_completion(client):
    options = {"include_usage": True}
    with client.chat.completions.create(
        model="holdfast", messages=ASKED, stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == BOTH
    last, usage = chunks[-2:]
    assert last.choices[0].finish_reason == "stop"
    assert last.choices[0].delta.citations[0]["quote"] == TRUE
    assert last.holdfast["grounded"] is True
    assert (usage.choices, usage.usage.total_tokens) == ([], 9)
    assert len({chunk.id for chunk in chunks}) == 1


def test_lists_stream_as_they_are_kept(client, script: Script):
    script.says = [f"- {TRUE}\n", "- Receipts are handed in within 30 days of the return.\n"]
    whole = client.chat.completions.create(model="holdfast", messages=ASKED).choices[0].message.content
    with client.chat.completions.create(model="holdfast", messages=ASKED, stream=True) as stream:
        parts = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(parts) == whole
    assert "\n" in whole


def test_number_the_model_made_up_does_not_leave(client, script: Script):
    script.says = [LIE]
    whole = client.chat.completions.with_raw_response.create(model="holdfast", messages=ASKED)
    assert "90 euros" not in whole.text
    assert whole.parse().holdfast["kind"] == "quoted"
    with client.chat.completions.create(model="holdfast", messages=ASKED, stream=True) as stream:
        assert "90 euros" not in "".join(chunk.model_dump_json() for chunk in stream)


def test_refusal_is_said_in_both_ways(client, script: Script):
    asked = [{"role": "user", "content": UNANSWERABLE}]
    whole = client.chat.completions.create(model="holdfast", messages=asked)
    with client.chat.completions.create(model="holdfast", messages=asked, stream=True) as stream:
        parts = [chunk.choices[0].delta.content or "" for chunk in stream]
    assert "".join(parts) == whole.choices[0].message.content != ""
    assert whole.holdfast["kind"] == "refused"
    assert script.asked == []


def test_answer_can_be_looked_up_behind_the_other_door(client, address, ada):
    reply = client.chat.completions.create(model="holdfast", messages=ASKED)
    again = ask(address, ada, question=QUESTION).json()
    assert reply.holdfast["answer_id"] != again["id"]
    assert again["text"] == reply.choices[0].message.content


def test_models_are_those_the_caller_may_ask(client, address, company: Company):
    company.add("payroll", "bands.txt", ["Band 4 earns 70,000 euros."], "hr")
    assert [model.id for model in client.models.list()] == ["holdfast", "holdfast/travel", EMBEDDER]
    with client_of(address, company.key("ben", "ask")) as bens:
        assert [model.id for model in bens.models.list()] == ["holdfast"]


def test_collection_is_a_model(client):
    reply = client.chat.completions.create(model="holdfast/travel", messages=ASKED)
    assert reply.choices[0].message.content == BOTH


@pytest.mark.parametrize("model", ["holdfast/payroll", "holdfast/", "gpt-4o", BARE, "model:other"])
def test_model_that_is_not_the_callers_is_not_found(client, company: Company, model):
    company.add("payroll", "bands.txt", ["Band 4 earns 70,000 euros."], "hr")
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=model, messages=ASKED)
    assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    "parameter",
    [
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]},
        {"tool_choice": "auto"},
        {"response_format": {"type": "json_object"}},
        {"stop": ["."]},
        {"logprobs": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_honoured_is_refused(client, script: Script, parameter, stream):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="holdfast", messages=ASKED, stream=stream, **parameter)
    assert (caught.value.code, caught.value.type) == ("unsupported_parameter", "invalid_request_error")
    assert script.asked == []


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "Be brief."}],
        [{"role": "user", "content": "  "}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}],
        [],
    ],
    ids=["no user", "blank", "picture", "none"],
)
def test_messages_without_a_question_are_refused(client, messages):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="holdfast", messages=messages)


def test_clients_sampling_is_bounded_by_the_release(client, script: Script):
    client.chat.completions.create(
        model="holdfast", messages=ASKED, max_tokens=8000, temperature=0.5, top_p=0.9, seed=7
    )
    sent = script.asked[0]
    assert (sent["temperature"], sent["top_p"], sent["seed"]) == (0.5, 0.9, 7)
    assert (sent.get("max_completion_tokens") or sent["max_tokens"]) == 256


def test_bad_key_is_an_authentication_error(address):
    with (
        client_of(address, {"Authorization": "Bearer hf_" + "x" * 43}) as stranger,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        stranger.models.list()
    assert (caught.value.code, caught.value.type) == ("not_signed_in", "authentication_error")


def test_engine_down_is_the_clients_own_error(address_without_engine, ada):
    with client_of(address_without_engine, ada) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model="holdfast", messages=ASKED)
        assert (caught.value.status_code, caught.value.code) == (503, "engine_unavailable")
        with (
            client.chat.completions.create(model="holdfast", messages=ASKED, stream=True) as stream,
            pytest.raises(openai.APIError) as caught_in_stream,
        ):
            list(stream)
    assert caught_in_stream.value.code == "engine_unavailable"


def test_langchains_client_runs_unchanged(address, ada):
    chat = ChatOpenAI(
        model="holdfast",
        base_url=f"{address}/v1",
        api_key=ada["Authorization"].removeprefix("Bearer "),
        max_retries=0,
    )
    assert chat.invoke(QUESTION).content == BOTH
    assert "".join(chunk.text for chunk in chat.stream(QUESTION)) == BOTH


def test_bare_model_is_marked_ungrounded(bare, script: Script):
    script.says = ["Forty-", "two."]
    reply = bare.chat.completions.create(model=BARE, messages=[{"role": "user", "content": "How many?"}])
    assert reply.choices[0].message.content == "Forty-two."
    assert reply.holdfast == {"grounded": False}
    assert not hasattr(reply.choices[0].message, "citations")
    assert script.asked[0]["messages"] == [{"role": "user", "content": "How many?"}]


def test_bare_model_streams_its_own_tokens(bare):
    with bare.chat.completions.create(
        model=BARE, messages=ASKED, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices][1:-1] == PIECES
    assert chunks[-2].holdfast == {"grounded": False}
    assert chunks[-1].usage.total_tokens == 9


def test_key_for_the_bare_model_reads_no_documents(bare):
    with pytest.raises(openai.PermissionDeniedError):
        bare.chat.completions.create(model="holdfast", messages=ASKED)
    assert [model.id for model in bare.models.list()] == [BARE]


def test_bare_models_failure_is_told_in_the_stream(bare, script: Script):
    script.dies_after = 1
    with (
        bare.chat.completions.create(model=BARE, messages=ASKED, stream=True) as stream,
        pytest.raises(openai.APIError) as caught,
    ):
        list(stream)
    assert caught.value.code == "engine_unavailable"


class Limit(BaseModel):
    """What a client wants to know, in its own words."""

    receipts: str | None
    euros_per_night: int | None


def test_client_gets_its_own_class_with_what_the_documents_say(client, script: Script):
    script.says = [f'{{"receipts": "{ALSO_TRUE}", ', '"euros_per_night": 45}']
    reply = client.chat.completions.parse(model="holdfast", messages=ASKED, response_format=Limit)
    message = reply.choices[0].message
    assert message.parsed == Limit(receipts=ALSO_TRUE, euros_per_night=45)
    places = [(citation["quote"], citation["pointers"]) for citation in message.citations]
    assert places == [(ALSO_TRUE, ["/receipts"]), (TRUE, ["/euros_per_night"])]
    assert script.asked[0]["structured_outputs"]["json"]["required"] == ["euros_per_night", "receipts"]


def test_client_finds_null_for_a_lie_and_a_refusal_where_it_looks_for_one(client, script: Script):
    script.says = [f'{{"receipts": "{ALSO_TRUE}", "euros_per_night": 90}}']
    reply = client.chat.completions.parse(model="holdfast", messages=ASKED, response_format=Limit)
    assert reply.choices[0].message.parsed == Limit(receipts=ALSO_TRUE, euros_per_night=None)
    unknown = [{"role": "user", "content": UNANSWERABLE}]
    refused = client.chat.completions.parse(model="holdfast", messages=unknown, response_format=Limit)
    assert (refused.choices[0].message.parsed, refused.choices[0].message.content) == (None, None)
    assert "do not answer" in refused.choices[0].message.refusal
