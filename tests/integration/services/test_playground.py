"""The playground over REST: who may, what reaches the model, and that no text of it is kept."""

import json
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.app import create_app
from services.database.tables.audit import AuditEntry
from services.settings import Settings
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel

ADDRESS = "/api/v1/playground"
SECRET = "quokka"
COMPLETE = {"mode": "complete", "prompt": f"The {SECRET}", "top_k": 5, "stop": ["END"], "logprobs": 2}
CHAT = {
    "mode": "chat",
    "system": "Be brief.",
    "messages": [{"role": "user", "content": f"What of the {SECRET}?"}],
}


@pytest.fixture
def settings(migrated_sqlite, tmp_path) -> Settings:
    """One database is enough: nothing is written but the audit."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32, allow_bare_model=True)


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ida", is_admin=True)
    company.person("ada")
    return company


@pytest.fixture
def model() -> FakeLanguageModel:
    return FakeLanguageModel(["It ", "hops ", SECRET])


@pytest.fixture
def client(resources, company, model):
    with TestClient(create_app(resources.settings, replace(resources, model=model))) as client:
        yield client


def play(client, company, body, login="ida"):
    return client.post(ADDRESS, json=body, headers=company.session(login))


def events(reply) -> list[tuple[str, dict]]:
    blocks = [block for block in reply.text.split("\n\n") if block.startswith("event: ")]
    lines = [block.split("\n", 1) for block in blocks]
    return [(name.removeprefix("event: "), json.loads(body.removeprefix("data: "))) for name, body in lines]


def test_stream_tells_each_token_with_its_likelihood_and_what_it_took(client, company):
    told = events(play(client, company, COMPLETE))
    assert [name for name, _ in told] == ["tokens", "tokens", "tokens", "end"]
    (first,) = told[0][1]["tokens"]
    assert (first["text"], first["logprob"]) == ("It ", -0.25)
    assert [other["text"] for other in first["others"]] == ["It ", "other"]
    end = told[-1][1]
    assert (end["finish_reason"], end["prompt_tokens"], end["completion_tokens"]) == ("stop", 2, 3)
    assert end["ttft_ms"] >= 0


def test_whole_reply_says_the_same(client, company):
    whole = play(client, company, COMPLETE | {"stream": False}).json()
    assert (whole["text"], len(whole["tokens"])) == (f"It hops {SECRET}", 3)


def test_chat_goes_through_the_template_with_its_system_prompt(client, company, model):
    play(client, company, CHAT)
    (played,) = model.played
    assert [message["role"] for message in played.messages] == ["system", "user"]
    assert (played.prompt, played.likeliest) == ("", 3)


def test_what_was_asked_for_reaches_the_model_and_nothing_else(client, company, model):
    play(client, company, COMPLETE | {"temperature": 0.5, "seed": 7, "repetition_penalty": 1.2})
    (played,) = model.played
    assert (played.top_k, played.stop, played.likeliest) == (5, ("END",), 2)
    assert (played.temperature, played.seed, played.repetition_penalty) == (0.5, 7, 1.2)
    assert play(client, company, COMPLETE | {"tools": []}).status_code == 400
    assert play(client, company, COMPLETE | {"logit_bias": {"1": 1}}).status_code == 400


def test_what_cannot_be_played_is_refused(client, company, model):
    wrong = [
        {"mode": "complete"},
        {"mode": "chat", "messages": [{"role": "user", "content": " "}]},
        {"mode": "chat", "messages": [{"role": "system", "content": "x"}]},
        COMPLETE | {"temperature": 3},
        COMPLETE | {"max_tokens": 8192},
        COMPLETE | {"logprobs": 50},
    ]
    assert [play(client, company, one).status_code for one in wrong] == [400] * len(wrong)
    assert model.played == []


def test_engine_that_breaks_off_is_told_in_the_stream(client, company, model):
    model.dies_after = 1
    told = events(play(client, company, COMPLETE))
    assert [name for name, _ in told] == ["tokens", "problem"]
    assert told[-1][1]["code"] == "engine_unavailable"


def test_audit_says_that_it_was_done_and_no_text(client, company, resources):
    play(client, company, COMPLETE)
    with resources.transactions.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "model.play"))
        assert entry.detail == {"mode": "complete", "max_tokens": 256}
        assert SECRET not in json.dumps([one.detail for one in session.scalars(select(AuditEntry))])


def test_key_needs_both_scopes(client, company):
    for scopes, status in ((("admin",), 403), (("model:bare",), 403), (("admin", "model:bare"), 200)):
        reply = client.post(ADDRESS, json=COMPLETE, headers=company.key("ida", *scopes))
        assert (scopes, reply.status_code) == (scopes, status)


def test_it_is_closed_until_it_is_switched_on(resources, company, model):
    settings = resources.settings.model_copy(update={"allow_bare_model": False})
    closed = replace(resources, settings=settings, model=model)
    with TestClient(create_app(settings, closed)) as client:
        assert client.get(ADDRESS, headers=company.session("ida")).json()["is_open"] is False
        assert play(client, company, COMPLETE).status_code == 403
    assert model.played == []


def test_prompts_of_two_people_share_no_cache(client, company, model):
    company.person("ivo", is_admin=True)
    for login in ("ida", "ida", "ivo"):
        play(client, company, COMPLETE, login)
    assert model.salts[0] == model.salts[1] != model.salts[2]
