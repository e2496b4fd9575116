"""A question that is to be answered later: taken in, looked up, and the same answer as at once."""

import asyncio

import pytest
from fastapi.testclient import TestClient

from services.answers.admission import Admission
from services.answers.batch_work import Batches
from services.app import create_app
from services.database.session import Transactions, open_engine
from services.identity import last_use
from services.settings import Answers, Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

SENTENCE = "The quokka costs 12 euros."
QUESTION = {"question": "What does the quokka cost in euros?"}
LATER = {"Prefer": "wait=1; x, respond-async"}


@pytest.fixture
def company(migrated_sqlite, lock, tmp_path):
    migrated_sqlite.copy_to(tmp_path)
    settings = Settings(data_dir=tmp_path, secret_key="s" * 32)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    resources.model.pieces = [SENTENCE]
    made = Company(resources)
    made.person("ada", "everyone", "readers")
    made.person("ben", "everyone")
    made.add("ledger", "costs.txt", [SENTENCE], "readers")
    yield made
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture
def client(company):
    with TestClient(create_app(company.resources.settings, company.resources)) as opened:
        yield opened


def test_the_answer_is_where_all_are_once_it_is_there(client, company):
    key = company.key("ada", "ask")
    reply = client.post("/api/v1/answers", json=QUESTION, headers=key | LATER)
    assert (reply.status_code, reply.headers["preference-applied"]) == (202, "respond-async")
    place = reply.headers["location"]
    assert reply.json() == client.get(place, headers=key).json()
    assert reply.json()["state"] == "waiting"
    asyncio.run(Batches(Admission(Answers()), company.resources).work_once())
    done = client.get(place, headers=key).json()
    (item,) = done["items"]
    answer = client.get(f"/api/v1/answers/{item['answer_id']}", headers=key).json()
    assert (done["state"], answer["kind"]) == ("done", "generated")
    at_once = client.post("/api/v1/answers", json=QUESTION, headers=key).json()
    same = ("text", "citations", "policy", "release_id", "prompt_hash")
    assert [answer[name] for name in same] == [at_once[name] for name in same]
    assert client.get(place, headers=company.key("ben", "ask")).status_code == 404


def test_a_conversation_goes_on_later_too_and_only_one_s_own(client, company):
    key, other = company.key("ada", "ask"), company.key("ben", "ask")
    mine = client.post("/api/v1/conversations", json={}, headers=key).json()["id"]
    asked = QUESTION | {"conversation_id": mine}
    assert client.post("/api/v1/answers", json=asked, headers=other | LATER).status_code == 404
    assert client.post("/api/v1/answers", json=asked, headers=key | LATER).status_code == 202
    asyncio.run(Batches(Admission(Answers()), company.resources).work_once())
    (answer,) = client.get(f"/api/v1/conversations/{mine}/answers", headers=key).json()["items"]
    assert answer["conversation_id"] == mine
