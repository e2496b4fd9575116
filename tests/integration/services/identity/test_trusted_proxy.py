"""Headers that say who asks: believed from the named proxy with the shared secret, and from nobody else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services import errors
from services.database.tables.identity import OutsideIdentity, Person
from services.settings import Settings, SignIn

SECRET = "p" * 32
PROXY = ("10.1.2.3", 5000)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    proxy = {"peers": ["10.1.2.3", "10.9.0.0/24"], "secret": SECRET}
    sign_in = {"proxy": proxy, "groups": {"Personal": "hr"}, "admin_groups": ["it-admins"]}
    return Settings(data_dir=tmp_path, secret_key="s" * 32, sign_in=sign_in)


@pytest.fixture
def through(app, company) -> Callable[..., Any]:
    """GET the caller as the proxy would pass it on, or as somebody else who sends the same."""

    def get(peer: tuple[str, int] = PROXY, method: str = "GET", path: str = "", **changed: Any) -> Any:
        headers = {
            "Holdfast-Proxy-Secret": SECRET,
            "X-Forwarded-User": "gil",
            "X-Forwarded-Groups": "Personal, finance,unheard-of",
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        sent = {name: value for name, value in headers.items() if value is not None}
        return TestClient(app, client=peer).request(method, path or "/api/v1/session/whoami", headers=sent)

    return get


def test_proxy_says_who_asks(through) -> None:
    me = through().json()
    assert (me["login"], me["via"], me["is_admin"]) == ("gil", "proxy", False)
    assert [group["name"] for group in me["groups"]] == ["everyone", "finance", "hr"]
    assert me["outside"]["issuer"] == "proxy"


def test_address_of_a_named_network_is_the_proxy(through) -> None:
    assert through(("10.9.0.77", 1)).status_code == 200
    assert through(("::ffff:10.1.2.3", 1)).status_code == 200


@pytest.mark.parametrize("peer", ["10.1.2.4", "127.0.0.1", "10.9.1.1", "::1", "testclient", ""])
def test_headers_from_another_address_are_refused(through, peer) -> None:
    assert through((peer, 5000)).status_code == 401


@pytest.mark.parametrize("secret", [None, "", "q" * 32, SECRET + "x", SECRET[:-1], "p" * 31 + "é"])
def test_headers_without_the_secret_are_refused(through, secret) -> None:
    sent = secret.encode() if secret else secret
    assert through(**{"Holdfast-Proxy-Secret": sent}).status_code == 401


def test_forwarded_address_makes_nobody_the_proxy(through) -> None:
    reply = through(("10.66.0.1", 1), **{"X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3"})
    assert reply.status_code == 401


def test_secret_alone_is_nobody(through) -> None:
    assert through(**{"X-Forwarded-User": None}).status_code == 401
    assert through(**{"X-Forwarded-User": " "}).status_code == 401


@pytest.mark.parametrize(("header", "values"), [("User", ("admin", "gil")), ("Groups", ("it-admins", "hr"))])
def test_second_header_of_one_name_is_refused(app, company, header, values) -> None:
    headers = [("Holdfast-Proxy-Secret", SECRET), *((f"X-Forwarded-{header}", value) for value in values)]
    headers += [("X-Forwarded-User", "gil")] if header == "Groups" else []
    reply = TestClient(app, client=PROXY).get("/api/v1/session/whoami", headers=headers)
    assert reply.status_code == 401


def test_groups_are_those_of_the_request(through) -> None:
    assert len(through().json()["groups"]) == 3
    fewer = through(**{"X-Forwarded-Groups": "finance"}).json()
    assert [group["name"] for group in fewer["groups"]] == ["everyone", "finance"]
    assert len(through(**{"X-Forwarded-Groups": None}).json()["groups"]) == 1


def test_group_that_administers_makes_an_administrator(through) -> None:
    assert through(path="/api/v1/people").status_code == 403
    assert through(path="/api/v1/people", **{"X-Forwarded-Groups": "it-admins"}).status_code == 200
    assert through(path="/api/v1/people").status_code == 403


def test_nobody_becomes_a_local_person(through) -> None:
    assert through(**{"X-Forwarded-User": "admin"}).status_code == 401


def test_suspended_person_is_refused_at_once(through, resources) -> None:
    assert through().status_code == 200
    with resources.transactions.write() as session:
        session.query(Person).filter_by(login="gil").one().is_active = False
    assert through().status_code == 401


def test_another_site_cannot_make_the_browser_write(through) -> None:
    assert through(method="POST", path="/whoami").status_code == 403
    token = through(path="/api/v1/session").json()["csrf_token"]
    mine = {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"}
    assert through(method="POST", path="/whoami", **mine).status_code == 200
    theirs = mine | {"Sec-Fetch-Site": "cross-site"}
    assert through(method="POST", path="/whoami", **theirs).status_code == 403
    assert through(method="POST", path="/whoami", **mine, **{"X-Forwarded-User": "hal"}).status_code == 403


def test_what_was_said_long_ago_is_said_anew(through, resources) -> None:
    through()
    with resources.transactions.write() as session:
        known = session.query(OutsideIdentity).one()
        known.read_at -= timedelta(hours=1)
        known.expires_at -= timedelta(hours=1)
    assert len(through().json()["groups"]) == 3


def test_headers_mean_nothing_where_no_proxy_is_named(through, app, resources) -> None:
    resources.settings = resources.settings.model_copy(update={"sign_in": SignIn()})
    assert through().status_code == 401
    ways = TestClient(app).get("/api/v1/session/ways").json()
    assert ways == {"password": True, "provider": None, "proxy": False}


@pytest.mark.parametrize(
    "proxy", [{"peers": ["10.0.0.1"], "secret": "short"}, {"peers": ["proxy.corp"], "secret": SECRET}]
)
def test_settings_without_proof_are_refused(proxy) -> None:
    with pytest.raises(errors.UnsafeSettings):
        Settings(sign_in={"proxy": proxy})
