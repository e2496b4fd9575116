"""The audit trail over REST: who may look, what is found, and that refusals and reads are in it."""

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.session import Transactions, open_engine
from services.identity import last_use
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

ADDRESS = "/api/v1/audit"
MISSING = "0" * 32


@pytest.fixture(scope="module")
def company(migrated_sqlite, lock, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trail")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32, audit={"reader_groups": ["auditors"]})
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    made = Company(resources)
    made.person("ada", "everyone", "readers")
    made.person("ben", "everyone")
    made.person("eve", "everyone", "auditors")
    made.person("admin", "everyone", is_admin=True)
    yield made
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture(scope="module")
def client(company):
    with TestClient(create_app(company.resources.settings, company.resources)) as opened:
        yield opened


@pytest.fixture(scope="module")
def document_id(company):
    chunk, *_ = company.add("ledger", "costs.txt", ["The quokka costs 12 euros."], "readers")
    return company.library.document_of(chunk)


@pytest.fixture
def look(client, company):
    def ask(**wanted):
        reply = client.get(ADDRESS, params=wanted, headers=company.session("eve"))
        assert reply.status_code == 200, reply.text
        return reply.json()["items"]

    return ask


def test_a_reading_is_found_by_whom_what_and_kind(client, company, document_id, look):
    reply = client.get(f"/api/v1/documents/{document_id}/text", headers=company.session("ada"))
    assert reply.status_code == 200
    for wanted in ({"person_id": company.people["ada"]}, {"subject": document_id}, {"action": "document"}):
        (entry, *_) = [one for one in look(**wanted) if one["action"] == "document.text"]
        assert entry["subject"] == document_id
        assert entry["person"] == {"id": company.people["ada"], "login": "ada"}
        assert entry["actor"] != company.people["ada"]


def test_what_is_refused_is_recorded_though_it_is_rolled_back(client, company, document_id, look):
    for reader, status in (("ben", 404), ("admin", 404)):
        reply = client.get(f"/api/v1/documents/{document_id}/text", headers=company.session(reader))
        assert reply.status_code == status
    assert client.get("/api/v1/people", headers=company.session("ben")).status_code == 403
    forbidden, hidden = look(person_id=company.people["ben"], action="access.refused")
    assert forbidden["detail"] == {"code": "forbidden", "route": "GET /api/v1/people"}
    route = "GET /api/v1/documents/{document_id}/text"
    assert (hidden["subject"], hidden["detail"]) == (document_id, {"code": "not_found", "route": route})


def test_an_answer_read_again_is_recorded(client, company, document_id, look):
    company.resources.model.pieces = ["The quokka costs 12 euros."]
    asked = {"question": "What does the quokka cost in euros?"}
    answer = client.post("/api/v1/answers", json=asked, headers=company.session("ada")).json()
    client.get(f"/api/v1/answers/{answer['id']}", headers=company.session("ada"))
    assert [entry["action"] for entry in look(subject=answer["id"])] == [
        "answer.read",
        "answer",
        "answer.begin",
    ]


def test_a_conversation_read_is_recorded_with_its_answers(client, company, look):
    ada = company.session("ada")
    made = client.post("/api/v1/conversations", json={"title": "Costs"}, headers=ada).json()
    client.get(f"/api/v1/conversations/{made['id']}/answers", headers=ada)
    client.patch(f"/api/v1/conversations/{made['id']}", json={"title": "Other"}, headers=ada)
    found = look(subject=made["id"])
    assert [entry["action"] for entry in found] == [
        "conversation.change",
        "conversation.read",
        "conversation.create",
    ]
    assert "Costs" not in str(found)


def test_looking_is_recorded(look, company):
    look(subject=MISSING)
    (entry, *_) = look(action="audit.read")
    assert (entry["person"]["login"], entry["subject"]) == ("eve", MISSING)


def test_pages_follow_one_another(client, company, look):
    for _ in range(4):
        look(subject=MISSING)
    wanted = {"action": "audit.read", "limit": 2}
    first = client.get(ADDRESS, params=wanted, headers=company.session("eve")).json()
    wanted["cursor"] = first["next_cursor"]
    second = client.get(ADDRESS, params=wanted, headers=company.session("eve")).json()
    ids = [entry["id"] for entry in (*first["items"], *second["items"])]
    assert len(ids) == 4
    assert ids == sorted(set(ids), reverse=True)


def test_times_narrow(look):
    assert look(until="2020-01-01T00:00:00Z") == []
    assert look(since="2020-01-01T00:00:00Z", action="audit")


@pytest.mark.parametrize("who", ["ada", "key of eve"])
def test_others_and_keys_of_auditors_may_not_look(client, company, who):
    headers = company.key("eve", "search", "ask") if who == "key of eve" else company.session(who)
    assert client.get(ADDRESS, headers=headers).status_code == 403
