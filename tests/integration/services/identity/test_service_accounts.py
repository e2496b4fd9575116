"""Accounts of applications: their keys, and acting for a person by a signed assertion."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import ApiKey, Person, UsedToken
from services.database.tables.library import Collection, CollectionGrant, Document, Scope
from services.identity import assertions, permissions
from services.identity.caller import Caller
from services.settings import Settings

ACCOUNTS = "/api/v1/service-accounts"
PRIVATE = OKPKey.generate_key("Ed25519")
PEM = PRIVATE.as_pem(private=False).decode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@dataclass
class Robot:
    """An account, its key, and its way to act for somebody."""

    client: Any
    id: str
    key: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.key}"}

    def assertion(self, login: str, private: Any = PRIVATE, **changed: Any) -> str:
        at = int(time.time())
        claims = {
            "iss": self.id,
            "aud": "holdfast",
            "sub": login,
            "iat": at,
            "exp": at + 300,
            "jti": secrets.token_hex(8),
        } | changed
        return jwt.encode({"alg": "Ed25519"}, claims, private, algorithms=["Ed25519"])

    def asks(self, assertion: str = "", path: str = "/api/v1/session/whoami") -> Any:
        acting = {assertions.HEADER: assertion} if assertion else {}
        return self.client.get(path, headers=self.headers | acting)

    def for_(self, login: str, **changed: Any) -> Any:
        return self.asks(self.assertion(login, **changed))


@pytest.fixture
def make_robot(open_browser, company) -> Callable[..., Robot]:
    def make(*scopes: str, groups: tuple[str, ...] = (), public_key: str = PEM, **key: Any) -> Robot:
        admin = open_browser("admin")
        body = {"login": "robot", "public_key": public_key, "group_ids": list(groups)}
        made = admin.post(ACCOUNTS, json=body)
        assert made.status_code == 201, made.text
        wanted = {"name": "app", "scopes": scopes or ("search", "ask")} | key
        given = admin.post(f"{ACCOUNTS}/{made.json()['id']}/api-keys", json=wanted)
        assert given.status_code == 201, given.text
        return Robot(open_browser(), made.json()["id"], given.json()["key"])

    return make


@pytest.fixture
def library(transactions, company) -> dict[str, str]:
    """Collections by who reads them, with a document each."""
    readers = {"hrs": [company.hr], "finances": [company.finance], "boths": [company.hr, company.finance]}
    with transactions.write() as session:
        for name, groups in readers.items():
            collection = Collection(name=name, title=name)
            session.add(collection)
            session.flush()
            scope = Scope(collection_id=collection.id, narrowing="")
            session.add(scope)
            session.flush()
            session.add(Document(name=name, collection_id=collection.id, scope_id=scope.id))
            for group in groups:
                session.add(
                    CollectionGrant(collection_id=collection.id, group_id=group.id, access="contribute")
                )
        return {found.name: found.id for found in session.query(Collection)}


def read_by(transactions: Any, caller: Caller) -> tuple[set[str], set[str]]:
    """Names of the collections and of the documents that the caller reads."""
    with transactions.read() as session:
        collections = {found.name for found in permissions.readable_collections(session, caller)}
        documents = session.query(Document).where(permissions.documents_readable_by(caller))
        return collections, {found.name for found in documents}


def test_account_asks_as_itself(make_robot, company) -> None:
    robot = make_robot(groups=(company.hr.id,))
    me = robot.asks().json()
    assert (me["login"], me["via"], me["acting_account"]) == ("robot", "api_key", None)
    assert [group["name"] for group in me["groups"]] == ["everyone", "hr"]


def test_account_acts_for_a_person_with_what_both_may(make_robot, company) -> None:
    robot = make_robot("search", groups=(company.hr.id,))
    me = robot.for_("Ada").json()
    assert (me["login"], me["acting_account"], me["is_admin"]) == ("ada", "robot", False)
    assert me["scopes"] == ["search"]


def test_acting_account_reads_what_both_are_granted(
    make_robot, company, library, transactions, caller_of
) -> None:
    both = replace(caller_of(company.ada), account_id="x", account_group_ids=frozenset({company.finance.id}))
    assert read_by(transactions, both) == ({"boths"}, {"boths"})
    nobody = replace(both, account_group_ids=frozenset())
    assert read_by(transactions, nobody) == (set(), set())
    alone = replace(both, account_group_ids=None)
    assert read_by(transactions, alone) == ({"hrs", "boths"}, {"hrs", "boths"})
    with transactions.read() as session:
        assert not permissions.may_contribute(session, both, library["hrs"])
        assert permissions.may_contribute(session, both, library["boths"])


def test_key_for_some_collections_reaches_no_other(company, library, transactions, caller_of) -> None:
    kept = replace(caller_of(company.ada), collection_ids=frozenset({library["hrs"], library["finances"]}))
    assert read_by(transactions, kept) == ({"hrs"}, {"hrs"})
    assert read_by(transactions, replace(kept, collection_ids=frozenset())) == (set(), set())


def test_nobody_administers_through_an_account(make_robot) -> None:
    robot = make_robot("ask", "search", "documents:read", "documents:write")
    me = robot.for_("admin").json()
    assert (me["is_admin"], "admin" in me["scopes"]) == (False, False)
    assert robot.asks(robot.assertion("admin"), "/api/v1/people").status_code == 403


def test_audit_names_the_account_the_person_and_the_key(make_robot, company, transactions) -> None:
    robot = make_robot()
    assert robot.for_("ada").status_code == 200
    with transactions.read() as session:
        entry = session.query(AuditEntry).filter_by(action="account.acted").one()
        key = session.query(ApiKey).filter_by(person_id=robot.id).one()
        assert entry.credential == key.id
        person = session.query(AuditEntry).filter_by(action="account.created").one()
        assert entry.actor == person.subject
        assert entry.subject not in ("", entry.actor)


def test_assertion_counts_once(make_robot, transactions) -> None:
    robot = make_robot()
    assertion = robot.assertion("ada")
    assert robot.asks(assertion).status_code == 200
    assert robot.asks(assertion).status_code == 401
    again = robot.assertion("ben", jti="the same one")
    assert robot.asks(again).status_code == 200
    assert robot.for_("ada", jti="the same one").status_code == 401
    with transactions.read() as session:
        assert session.query(UsedToken).count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "0" * 32},
        {"iss": "robot"},
        {"aud": "elsewhere"},
        {"exp": int(time.time()) + 3600},
        {"iat": int(time.time()) - 900, "exp": int(time.time()) - 600},
        {"jti": "x"},
        {"sub": "nobody"},
        {"sub": "robot"},
        {"sub": ""},
        {"nbf": int(time.time()) + 36_000},
    ],
)
def test_assertion_that_proves_nothing_is_refused(make_robot, changed) -> None:
    assert make_robot().for_("ada", **changed).status_code == 401


def test_assertion_of_a_stranger_is_refused(make_robot) -> None:
    robot = make_robot()
    stranger = robot.assertion("ada", OKPKey.generate_key("Ed25519"))
    assert robot.asks(stranger).status_code == 401
    assert robot.asks("x").status_code == 401
    assert robot.asks(robot.assertion("ada") + "x" * 20_000).status_code == 401


def test_account_without_a_public_key_acts_for_nobody(make_robot) -> None:
    robot = make_robot(public_key="")
    assert robot.asks().status_code == 200
    assert robot.for_("ada").status_code == 401


def test_persons_own_key_acts_for_nobody_else(make_robot, make_key) -> None:
    robot = make_robot()
    robot.headers = {"Authorization": f"Bearer {make_key('ben')}"}
    assert robot.for_("ada").status_code == 401


def test_assertion_without_a_key_is_nothing(make_robot, open_browser) -> None:
    robot = make_robot()
    reply = open_browser().get("/api/v1/session/whoami", headers={assertions.HEADER: robot.assertion("ada")})
    assert reply.status_code == 401
    mine = open_browser("ben").get(
        "/api/v1/session/whoami", headers={assertions.HEADER: robot.assertion("ada")}
    )
    assert mine.json()["login"] == "ben"


@pytest.mark.parametrize("who", ["ada", "robot"])
def test_suspension_of_either_ends_it(make_robot, transactions, who) -> None:
    robot = make_robot()
    assert robot.for_("ada").status_code == 200
    with transactions.write() as session:
        session.query(Person).filter_by(login=who).one().is_active = False
    assert robot.for_("ada").status_code == 401


def test_public_key_taken_away_ends_it(make_robot, open_browser) -> None:
    robot = make_robot()
    reply = open_browser("admin").patch(f"{ACCOUNTS}/{robot.id}", json={"public_key": ""})
    assert reply.status_code == 200
    assert robot.for_("ada").status_code == 401


def test_account_neither_signs_in_nor_administers(make_robot, open_browser) -> None:
    robot = make_robot()
    admin = open_browser("admin")
    for change in ({"password": "long enough to be one"}, {"is_admin": True}):
        assert admin.patch(f"/api/v1/people/{robot.id}", json=change).status_code == 409
    assert open_browser().sign_in("robot", "").status_code in (400, 401)
    assert (
        admin.post(f"{ACCOUNTS}/{robot.id}/api-keys", json={"name": "x", "scopes": ["admin"]}).status_code
        == 403
    )


def test_accounts_are_the_administrators(make_robot, open_browser) -> None:
    robot = make_robot()
    ada = open_browser("ada")
    assert ada.get(ACCOUNTS).status_code == 403
    assert ada.post(ACCOUNTS, json={"login": "mine"}).status_code == 403
    assert ada.get(f"{ACCOUNTS}/{robot.id}/api-keys").status_code == 403
    listed = open_browser("admin").get(ACCOUNTS).json()["items"]
    assert [(one["login"], one["public_key"]) for one in listed] == [("robot", PEM)]
    keys = open_browser("admin").get(f"{ACCOUNTS}/{robot.id}/api-keys").json()["items"]
    assert [key["name"] for key in keys] == ["app"]


def test_person_is_no_account(open_browser, company) -> None:
    admin = open_browser("admin")
    assert admin.patch(f"{ACCOUNTS}/{company.ada.id}", json={"purpose": "x"}).status_code == 404
    body = {"name": "x", "scopes": ["ask"]}
    assert admin.post(f"{ACCOUNTS}/{company.ada.id}/api-keys", json=body).status_code == 404


def test_key_is_rotated_and_the_old_one_lasts_a_while(open_browser, transactions) -> None:
    ada = open_browser("ada")
    old = ada.post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"], "expires_in_days": 30}).json()
    new = ada.post(f"/api/v1/api-keys/{old['id']}/rotation", json={"overlap_hours": 1}).json()
    asks = open_browser()

    def status(key: dict[str, Any]) -> int:
        reply = asks.get("/whoami", headers={"Authorization": f"Bearer {key['key']}"})
        return int(reply.status_code)

    assert (status(old), status(new)) == (200, 200)
    assert (new["name"], new["scopes"]) == ("app", ["ask"])
    with transactions.write() as session:
        kept = session.get_one(ApiKey, old["id"])
        assert kept.expires_at <= now() + timedelta(hours=1)
        fresh = session.get_one(ApiKey, new["id"])
        assert timedelta(days=29) < fresh.expires_at - now() <= timedelta(days=30)
        kept.expires_at = now()
    assert (status(old), status(new)) == (401, 200)


def test_key_is_replaced_at_once_where_it_leaked(open_browser) -> None:
    ada = open_browser("ada")
    old = ada.post(
        "/api/v1/api-keys", json={"name": "app", "scopes": ["ask"], "expires_in_days": None}
    ).json()
    ada.post(f"/api/v1/api-keys/{old['id']}/rotation", json={"overlap_hours": 0})
    headers = {"Authorization": f"Bearer {old['key']}"}
    assert open_browser().get("/whoami", headers=headers).status_code == 401


def test_key_of_another_is_not_rotated(open_browser) -> None:
    key = open_browser("ada").post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"]}).json()
    assert open_browser("ben").post(f"/api/v1/api-keys/{key['id']}/rotation", json={}).status_code == 404


def test_key_for_collections_names_what_its_maker_reads(open_browser, library) -> None:
    ada = open_browser("ada")

    def make(collection: str, *scopes: str) -> Any:
        body = {"name": "app", "scopes": scopes or ["ask"], "collection_ids": [collection]}
        return ada.post("/api/v1/api-keys", json=body)

    made = make(library["hrs"]).json()
    assert made["collection_ids"] == [library["hrs"]]
    assert make(library["finances"]).status_code == 404
    assert make("0" * 32).status_code == 404
    rotated = ada.post(f"/api/v1/api-keys/{made['id']}/rotation", json={}).json()
    assert rotated["collection_ids"] == [library["hrs"]]
    key = {"Authorization": f"Bearer {rotated['key']}"}
    me = open_browser().get("/api/v1/session/whoami", headers=key).json()
    assert me["collection_ids"] == [library["hrs"]]


def test_key_that_administers_is_kept_to_no_collection(open_browser, library) -> None:
    body = {"name": "app", "scopes": ["admin"], "collection_ids": [library["hrs"]]}
    assert open_browser("admin").post("/api/v1/api-keys", json=body).status_code == 400
