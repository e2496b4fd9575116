"""Roles: what each may do, where it comes from, what is seen as a group, and the trail of it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.audit import verifying
from services.database.session import Transactions, now, open_engine
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import OutsideIdentity
from services.identity import audit_routes, last_use
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

SECRET = "quokka-in-the-name.txt"


@pytest.fixture(scope="module")
def company(migrated_sqlite, lock, tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32, sign_in={"auditor_groups": ["revision"]})
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    made = Company(resources)
    for login in ("con", "cur", "aud", "out"):
        made.person(login, "everyone")
    made.person("ada", "everyone", "staff")
    made.person("admin", "everyone", is_admin=True)
    made.add("ledger", "open.txt", ["Open to all."], "everyone")
    made.library.add(made.library.collection("vault", "staff"), SECRET, ["Only for staff."])
    yield made
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture(scope="module")
def client(company):
    with TestClient(create_app(company.resources.settings, company.resources)) as opened:
        yield opened


@pytest.fixture(scope="module")
def collections(client, company):
    """Ids by name; con contributes to the ledger and cur curates it, each in person."""
    listed = client.get("/api/v1/collections", headers=company.session("admin")).json()["items"]
    ids = {one["name"]: one["id"] for one in listed}
    wanted = {
        "contributor_person_ids": [company.people["con"]],
        "curator_person_ids": [company.people["cur"]],
    }
    reply = client.patch(
        f"/api/v1/collections/{ids['ledger']}", json=wanted, headers=company.session("admin")
    )
    assert reply.status_code == 200, reply.text
    return ids


def mine(client, company, login, name):
    listed = client.get("/api/v1/collections", headers=company.session(login)).json()["items"]
    return next((one for one in listed if one["name"] == name), None)


def upload(client, company, login, **more):
    data = {"collection": "ledger"} | more
    files = {"file": (f"{login}.txt", b"some words")}
    return client.post("/api/v1/documents", data=data, files=files, headers=company.session(login))


def test_role_of_a_collection_is_given_to_a_person(client, company, collections):
    roles = {login: mine(client, company, login, "ledger") for login in ("con", "cur", "ada", "admin")}
    assert {login: one["role"] for login, one in roles.items()} == {
        "con": "contributor", "cur": "curator", "ada": "reader", "admin": "reader",
    }  # fmt: skip
    assert roles["con"]["grants"] is None
    assert roles["ada"]["reader_groups"] is None
    assert {(one["role"], one["person"]["login"]) for one in roles["cur"]["grants"] if one["person"]} == {
        ("contributor", "con"), ("curator", "cur"),
    }  # fmt: skip
    assert mine(client, company, "cur", "vault") is None


def test_contributor_adds_and_removes_and_does_not_say_who_reads(client, company, collections):
    made = upload(client, company, "con")
    assert made.status_code == 202, made.text
    address = f"/api/v1/documents/{made.json()['document']['id']}"
    readers = {"group_ids": [company.library.group("everyone")]}
    as_con, as_cur = company.session("con"), company.session("cur")
    assert client.put(f"{address}/readers", json=readers, headers=as_con).status_code == 403
    assert upload(client, company, "con", reader_group_ids=readers["group_ids"]).status_code == 403
    assert client.get("/api/v1/corpus/report", headers=as_con).status_code == 403
    assert client.put(f"{address}/readers", json=readers, headers=as_cur).status_code == 200
    assert client.get("/api/v1/corpus/report", headers=as_cur).status_code == 200
    assert client.delete(address, headers=as_con).status_code == 204
    assert upload(client, company, "ada").status_code == 403


def test_whoami_says_where_each_role_comes_from(client, company, collections):
    told = client.get("/api/v1/session/whoami", headers=company.session("con")).json()["roles"]
    held = {(one["role"], (one["collection"] or {}).get("name"), one["given_by"]) for one in told}
    assert held == {
        ("reader", None, "everybody"),
        ("reader", "ledger", "group"),
        ("contributor", "ledger", "person"),
    }
    told = client.get("/api/v1/session/whoami", headers=company.session("admin")).json()["roles"]
    assert ("admin", "person") in {(one["role"], one["given_by"]) for one in told}


def test_auditor_reads_the_trail_and_changes_nothing(client, company):
    change = {"is_auditor": True}
    address = f"/api/v1/people/{company.people['aud']}"
    assert client.get("/api/v1/audit", headers=company.session("aud")).status_code == 403
    assert client.patch(address, json=change, headers=company.session("admin")).json()["is_auditor"]
    as_auditor = company.session("aud")
    assert client.get("/api/v1/audit", headers=as_auditor).status_code == 200
    verdict = client.get("/api/v1/audit/verification", headers=as_auditor).json()
    assert verdict["is_whole"]
    assert verdict["unsealed"] > 0
    assert client.get("/api/v1/people", headers=as_auditor).status_code == 403
    assert client.post("/api/v1/groups", json={"name": "x"}, headers=as_auditor).status_code == 403
    assert mine(client, company, "aud", "vault") is None
    assert client.get("/api/v1/audit", headers=company.key("aud", "audit")).status_code == 200
    assert client.get("/api/v1/audit", headers=company.key("aud", "ask")).status_code == 403
    assert client.get("/api/v1/audit", headers=company.key("ada", "audit")).status_code == 403


def test_trail_is_looked_at_whole_while_others_write(client, company, monkeypatch):
    modes, really = [], verifying.verify

    def look(session, *more):
        modes.append(session.connection().get_execution_options()["writes"])
        return really(session, *more)

    monkeypatch.setattr(verifying, "verify", look)
    reply = client.get("/api/v1/audit/verification", headers=company.session("admin"))
    assert (reply.status_code, modes) == (200, [False])
    with company.resources.transactions.read() as session:
        assert session.query(AuditEntry).filter_by(action="audit.verified").count() >= 1


def test_trail_is_looked_at_whole_by_one_at_a_time(client, company):
    with audit_routes.one_at_a_time:
        reply = client.get("/api/v1/audit/verification", headers=company.session("admin"))
    assert (reply.status_code, "retry-after" in reply.headers) == (429, True)


def test_change_of_a_role_is_in_the_trail(company, client, collections):
    address = f"/api/v1/people/{company.people['ada']}"
    client.patch(address, json={"is_auditor": False}, headers=company.session("admin"))
    with company.resources.transactions.read() as session:
        changes = session.query(AuditEntry).filter_by(action="person.changed").all()
        assert False in [entry.detail.get("is_auditor") for entry in changes]
        granted = session.query(AuditEntry).filter_by(action="collection.change").order_by(AuditEntry.id)[0]
    assert sorted(granted.detail["people_access"]) == ["contribute", "curate"]
    assert not set(granted.detail["people"]) & set(company.people.values())  # digests, as everywhere


def test_grants_to_somebody_whose_claims_expired_count_for_nothing(client, company, collections):
    out = company.people["out"]
    wanted = {"reader_person_ids": [out]}
    as_admin = company.session("admin")
    client.patch(f"/api/v1/collections/{collections['vault']}", json=wanted, headers=as_admin)
    said = {"issuer": "https://idp", "subject": "1", "claims": {"groups": ["revision"]}, "is_auditor": True}
    with company.resources.transactions.write() as session:
        session.add(OutsideIdentity(person_id=out, expires_at=now() + timedelta(hours=1), **said))
    assert mine(client, company, "out", "vault")["role"] == "reader"
    assert client.get("/api/v1/audit", headers=company.session("out")).status_code == 200
    told = client.get("/api/v1/session/whoami", headers=company.session("out")).json()["roles"]
    assert {one["role"]: one["claim"] for one in told if one["claim"]} == {"auditor": "revision"}
    with company.resources.transactions.write() as session:
        session.get_one(OutsideIdentity, out).expires_at = now()
    assert mine(client, company, "out", "vault") is None
    assert client.get("/api/v1/audit", headers=company.session("out")).status_code == 403
    assert client.get("/api/v1/session/whoami", headers=company.session("out")).json()["roles"] == []


def test_view_as_a_group_counts_what_the_looker_may_not_know(client, company, collections):
    address = f"/api/v1/groups/{company.library.group('staff')}/view"
    seen = client.get(address, headers=company.session("admin"))
    rows = {one["name"]: (one["role"], one["hidden_count"]) for one in seen.json()["collections"]}
    assert rows == {"ledger": ("reader", 0), "vault": ("reader", 1)}
    listed = client.get(f"{address}/documents", headers=company.session("admin"))
    assert SECRET not in seen.text + listed.text
    with company.resources.transactions.read() as session:
        assert session.query(AuditEntry).filter_by(action="group.viewed_as").count() >= 2


def test_curator_views_only_groups_and_collections_they_look_after(client, company, collections):
    as_cur = company.session("cur")
    staff = f"/api/v1/groups/{company.library.group('staff')}/view"
    everyone = f"/api/v1/groups/{company.library.group('everyone')}/view"
    assert client.get(staff, headers=as_cur).status_code == 404
    seen = client.get(everyone, headers=as_cur).json()["collections"]
    assert [one["name"] for one in seen] == ["ledger"]
    assert client.get(everyone, headers=company.session("con")).status_code == 404


def test_people_are_shown_with_who_knows_them(client, company):
    found = client.get("/api/v1/people", headers=company.session("admin")).json()["items"]
    known = {one["login"]: one["known_from"] for one in found}
    assert (known["ada"], known["admin"]) == (None, None)
