"""Hostile and stale credentials: every one of them must end in the same few refusals."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, update

from services.database.session import Transactions, now
from services.database.tables.identity import ApiKey, Person, WebSession
from services.identity import credentials, last_use

COOKIE = "holdfast_session"
OTHER = "A" * 43


def set_all(transactions: Transactions, table: type[Any], **values: Any) -> None:
    with transactions.write() as session:
        session.execute(update(table).values(**values))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer hf_{OTHER}",
        f"Bearer sk_{OTHER}",
        f"Bearer HF_{OTHER}",
        f"Basic hf_{OTHER}",
        f"hf_{OTHER}",
        f"Bearer hf_{OTHER}, Bearer hf_{OTHER}",
        f"Bearer hf_{OTHER}=",
        "Bearer hf_' OR 1=1 --",
        "Bearer hf_" + "A" * 60_000,
        b"Bearer hf_" + "ä".encode() * 21,
    ],
)
def test_a_wrong_bearer_is_401_even_beside_a_good_cookie(open_browser, header):
    browser = open_browser("ada")
    assert browser.get("/whoami").json() == "ada"
    reply = browser.get("/whoami", headers={"Authorization": header})
    assert (reply.status_code, reply.json()["code"]) == (401, "not_signed_in")


def test_two_authorization_headers_are_401(open_browser, make_key):
    key = ("Authorization", f"Bearer {make_key('ada')}")
    assert open_browser().get("/whoami", headers=[key]).status_code == 200
    assert open_browser().get("/whoami", headers=[key, key]).status_code == 401


@pytest.mark.parametrize("token", ["", OTHER, "A" * 42, "A" * 60_000, "' OR 1=1 --", f"{OTHER}%00"])
def test_a_wrong_cookie_is_401(open_browser, token):
    reply = open_browser().get("/whoami", headers={"Cookie": f"{COOKIE}={token}"})
    assert reply.status_code == 401


def test_the_stored_digest_is_no_credential(open_browser, transactions):
    open_browser("ada")
    with transactions.read() as session:
        stored = session.query(WebSession).one().token_digest
    assert open_browser().get("/whoami", headers={"Cookie": f"{COOKIE}={stored}"}).status_code == 401
    assert len(stored) == 64


def test_an_api_key_is_no_cookie_and_a_cookie_no_api_key(open_browser, make_key):
    key = make_key("ada")
    token = open_browser("ada").cookies[COOKIE]
    assert open_browser().get("/whoami", headers={"Cookie": f"{COOKIE}={key}"}).status_code == 401
    assert open_browser().get("/whoami", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert open_browser().get("/whoami", headers={"Authorization": f"Bearer hf_{token}"}).status_code == 401


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (WebSession, {"expires_at": now() - timedelta(seconds=1)}),
        (Person, {"is_active": False}),
    ],
)
def test_an_ended_session_is_401_at_the_next_request(open_browser, transactions, table, change):
    browser = open_browser("ada")
    assert browser.get("/whoami").status_code == 200
    set_all(transactions, table, **change)
    assert browser.get("/whoami").status_code == 401


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (ApiKey, {"expires_at": now() - timedelta(seconds=1)}),
        (ApiKey, {"revoked_at": now()}),
        (Person, {"is_active": False}),
    ],
)
def test_an_ended_key_is_401_at_the_next_request(open_browser, make_key, transactions, table, change):
    headers = {"Authorization": f"Bearer {make_key('ada')}"}
    assert open_browser().get("/whoami", headers=headers).status_code == 200
    set_all(transactions, table, **change)
    assert open_browser().get("/whoami", headers=headers).status_code == 401


def test_a_key_wins_over_a_cookie_of_someone_else(open_browser, make_key):
    headers = {"Authorization": f"Bearer {make_key('ben')}"}
    assert open_browser("ada").get("/whoami", headers=headers).json() == "ben"


def test_a_key_needs_no_csrf_token(open_browser, make_key):
    headers = {"Authorization": f"Bearer {make_key('ada')}"}
    assert open_browser().post("/whoami", headers=headers).json() == "ada"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-CSRF-Token": ""}, 403),
        ({"X-CSRF-Token": "0" * 64}, 403),
        ({"X-CSRF-Token": b"\xff" * 64}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver:81"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver@evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_an_unsafe_request_by_cookie_must_come_from_our_page(open_browser, headers, status):
    reply = open_browser("ada").post("/whoami", headers=headers)
    assert reply.status_code == status
    assert status == 200 or reply.json()["code"] == "csrf_failed"


def test_a_missing_csrf_token_is_403_and_reading_needs_none(open_browser):
    browser = open_browser("ada")
    del browser.headers["X-CSRF-Token"]
    assert browser.post("/whoami").status_code == 403
    assert browser.get("/whoami").status_code == 200


def test_the_csrf_token_of_another_session_is_403(open_browser):
    first, second = open_browser("ada"), open_browser("ada")
    second.headers["X-CSRF-Token"] = first.headers["X-CSRF-Token"]
    assert second.post("/whoami").status_code == 403


def test_a_key_does_only_what_its_scopes_say(open_browser, make_key):
    search_only = {"Authorization": f"Bearer {make_key('ada', 'search')}"}
    reply = open_browser().post("/ask", headers=search_only)
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    asking = {"Authorization": f"Bearer {make_key('ada', 'search', 'ask')}"}
    assert open_browser().post("/ask", headers=asking).json() == "ada"


def test_a_key_without_the_admin_scope_does_not_administer(open_browser, make_key):
    plain = {"Authorization": f"Bearer {make_key('admin', 'ask')}"}
    assert open_browser().get("/api/v1/people", headers=plain).status_code == 403
    admin = {"Authorization": f"Bearer {make_key('admin', 'admin')}"}
    assert open_browser().get("/api/v1/people", headers=admin).status_code == 200


def test_an_admin_key_weakens_with_its_owner(open_browser, make_key, transactions):
    headers = {"Authorization": f"Bearer {make_key('admin', 'admin')}"}
    set_all(transactions, Person, is_admin=False)
    assert open_browser().get("/api/v1/people", headers=headers).status_code == 403


def test_an_unreachable_database_is_503_and_never_an_anonymous_caller(open_browser, resources):
    browser = open_browser("ada")
    resources.transactions = Transactions(create_engine("postgresql+psycopg://127.0.0.1:1/none"))
    reply = browser.get("/whoami")
    assert (reply.status_code, reply.json()["code"]) == (503, "database_unavailable")


def test_the_last_use_of_a_key_is_written_once_a_minute(open_browser, make_key, transactions):
    headers = {"Authorization": f"Bearer {make_key('ada')}"}

    def last_used_after_a_request() -> Any:
        assert open_browser().get("/whoami", headers=headers).status_code == 200
        last_use.settle()
        with transactions.read() as session:
            return session.query(ApiKey).one().last_used_at

    first = last_used_after_a_request()
    assert first is not None
    assert last_used_after_a_request() == first
    set_all(transactions, ApiKey, last_used_at=now() - timedelta(minutes=2))
    assert last_used_after_a_request() > first


def test_a_locked_database_delays_no_reader(open_browser, make_key, transactions):
    headers = {"Authorization": f"Bearer {make_key('ada')}"}
    with transactions.write() as session:
        session.execute(update(ApiKey).values(name="held"))
        assert open_browser().get("/whoami", headers=headers).status_code == 200
    last_use.settle()


def test_no_connection_is_held_once_the_caller_is_known(open_browser):
    assert open_browser("ada").get("/connections").json() == 0


def test_tokens_have_256_bits_and_one_form():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", credentials.new_session_token())
    assert re.fullmatch(r"hf_[A-Za-z0-9_-]{43}", credentials.new_api_key())
