"""Drift over REST: recorded, checked, remembered; and a drifted release that is to stop answering."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.app import create_app
from services.database import stored_files
from services.database.tables.audit import AuditEntry
from services.library_metrics import LibraryCollector
from services.settings import Drift, Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import PIECES, QUESTION, TEXTS


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32, drift=Drift(stop_answering=True))


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.person("admin", "everyone", is_admin=True)
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES
    return company


@pytest.fixture
def client(settings, resources, company):
    with TestClient(create_app(settings, resources)) as client:
        client.headers = company.session("admin")
        yield client


def recorded(client) -> dict[str, object]:
    reply = client.post("/api/v1/drift/records")
    assert reply.status_code == 201, reply.text
    return reply.json()


def checked(client) -> dict[str, object]:
    reply = client.post("/api/v1/drift/checks")
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_release_is_exactly_what_was_recorded(client, lock):
    record = recorded(client)
    check = checked(client)
    assert (check["state"], check["findings"]) == ("exact", {})
    assert (check["record_id"], check["release_id"]) == (record["id"], lock.release_id)


def test_nothing_recorded_is_said(client):
    reply = client.post("/api/v1/drift/checks")
    assert (reply.status_code, reply.json()["detail"]) == (
        404, "No canaries were recorded yet: `holdfast drift record`",
    )  # fmt: skip


def test_drifted_release_stops_answering_until_it_is_itself_again(client, company, resources):
    recorded(client)
    ask = {"url": "/api/v1/answers", "json": {"question": QUESTION}, "headers": company.key("ada", "ask")}
    resources.model.pieces = [*PIECES, " More."]
    assert checked(client)["parts"]["model"] == "drifted"
    reply = client.post(**ask)
    assert (reply.status_code, reply.json()["code"]) == (503, "release_drifted")
    resources.model.pieces = PIECES
    assert checked(client)["state"] == "exact"
    assert client.post(**ask).status_code == 200


def test_drifted_release_goes_on_where_nothing_else_was_set(settings, resources, company):
    lax = settings.model_copy(update={"drift": Drift()})
    with TestClient(create_app(lax, replace(resources, settings=lax))) as client:
        client.headers = company.session("admin")
        recorded(client)
        resources.model.pieces = [*PIECES, " More."]
        assert checked(client)["state"] == "drifted"
        headers = company.key("ada", "ask")
        assert client.post("/api/v1/answers", json={"question": QUESTION}, headers=headers).status_code == 200


def test_recording_that_was_tampered_with_names_the_passage(client, resources):
    path = resources.files.path(recorded(client)["file_digest"])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"up to 145 euros", b"up to 541 euros"))
    check = checked(client)
    assert check["parts"] == dict.fromkeys(check["parts"], "exact") | {"retrieval": "drifted"}
    assert check["findings"]["retrieval"] == [
        "the recording is not the file that was stored; record again",
        "passage 1, of canary-travel.md, is not the text that was recorded",
    ]


@pytest.mark.parametrize("damage", [b"{not json", b'"text"', b"{}"])
def test_recording_that_cannot_be_read_is_said(client, resources, damage):
    path = resources.files.path(recorded(client)["file_digest"])
    path.chmod(0o600)
    path.write_bytes(damage)
    reply = client.post("/api/v1/drift/checks")
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    assert "is not the file that was stored" in reply.json()["detail"]


def test_another_release_is_compared_with_what_was_recorded_last(settings, resources, company, lock):
    other = replace(lock, generator=replace(lock.generator, revision="2"))
    for release in (lock, other):
        with TestClient(create_app(settings, replace(resources, lock=release))) as client:
            client.headers = company.session("admin")
            if release is lock:
                recorded(client)
            else:
                check = checked(client)
                headers = company.key("ada", "ask")
                answered = client.post("/api/v1/answers", json={"question": QUESTION}, headers=headers)
    assert answered.status_code == 200  # another release that answers otherwise has not drifted
    assert check["release_id"] == other.release_id
    assert check["findings"] == {"model": ["the release names another generator"]}


def test_recording_is_kept_when_orphans_are_removed(client, resources):
    digest = recorded(client)["file_digest"]
    with resources.transactions.read() as session:
        assert stored_files.named(session, [digest]) == {digest}


def test_history_is_newest_first_page_by_page(client):
    recorded(client)
    made = [checked(client)["id"] for _ in range(3)]
    first = client.get("/api/v1/drift/checks", params={"limit": 2}).json()
    rest = client.get("/api/v1/drift/checks", params={"cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_newest_check_is_a_metric_by_part(client, resources):
    def told() -> dict[str, float]:
        families = {one.name: one for one in LibraryCollector(resources.transactions).collect()}
        return {sample.labels["part"]: sample.value for sample in families["holdfast_drift"].samples}

    assert told() == {}
    recorded(client)
    checked(client)
    assert set(told().values()) == {0.0}
    resources.model.pieces = ["Else."]
    checked(client)
    assert {part for part, value in told().items() if value == 2.0} == {"model"}


def test_both_are_audited(client, resources, lock):
    record, check = recorded(client), checked(client)
    with resources.transactions.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("drift."))).all()
    assert [(one.action, one.subject, one.detail) for one in entries] == [
        ("drift.record", record["id"], {"release": lock.release_id}),
        ("drift.check", check["id"], {"state": "exact"}),
    ]
