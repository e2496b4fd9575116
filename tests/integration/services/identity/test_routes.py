from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import ApiKey, Person, SignInAttempts, WebSession
from services.identity import passwords, throttle
from services.settings import Settings

PASSWORD = "correct horse battery"


def actions(transactions) -> list[str]:
    with transactions.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_signing_in_shows_who_one_is_and_sets_a_strict_cookie(open_browser, company):
    reply = open_browser().sign_in("ada")
    body = reply.json()
    assert [group["name"] for group in body["person"].pop("groups")] == ["everyone", "hr"]
    assert body["person"] == {
        "id": company.ada.id,
        "login": "ada",
        "name": "Ada",
        "is_admin": False,
        "is_auditor": False,
    }
    assert body["scopes"] == ["ask", "documents:read", "documents:write", "search", "webhooks"]
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("holdfast_session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert reply.headers["cache-control"] == "no-store"


def test_the_session_route_says_the_same_as_signing_in(open_browser):
    browser = open_browser()
    assert browser.get("/api/v1/session").status_code == 401
    signed_in = browser.sign_in("admin").json()
    assert browser.get("/api/v1/session").json() == signed_in
    assert "admin" in signed_in["scopes"]


def test_a_secure_cookie_is_bound_to_its_host(open_browser, resources):
    resources.settings = Settings(web={"secure_cookies": True}, secret_key="s" * 32)
    browser = open_browser()
    browser.base_url = "https://testserver"
    reply = browser.sign_in("ada")
    assert reply.headers["set-cookie"].startswith("__Host-holdfast_session=")
    assert "; Secure" in reply.headers["set-cookie"]
    assert browser.get("/whoami").json() == "ada"
    token = browser.cookies["__Host-holdfast_session"]
    browser.cookies.clear()
    assert browser.get("/whoami", headers={"Cookie": f"holdfast_session={token}"}).status_code == 401


@pytest.mark.parametrize("typed", ["ADA", " ada ", "\uff41da"])
def test_a_login_has_one_spelling(open_browser, typed):
    assert open_browser().sign_in(typed).status_code == 200


@pytest.mark.parametrize("login", ["ada", "nobody", "suspended", "", "ada\0"])
def test_every_refusal_says_the_same(open_browser, transactions, login, password_hash):
    with transactions.write() as session:
        session.add(Person(login="suspended", password_hash=password_hash, is_active=False))
    password = PASSWORD if login == "suspended" else "a wrong password"
    reply = open_browser().sign_in(login, password)
    assert reply.status_code == 401
    assert reply.json()["detail"] == "The login or the password is wrong"
    assert "set-cookie" not in reply.headers
    assert actions(transactions) == ["session.refused"]


@pytest.mark.parametrize("change", [{"password_hash": "another"}, {"is_active": False}])
def test_a_change_while_the_password_is_checked_refuses(open_browser, transactions, monkeypatch, change):
    def change_meanwhile(_hash: str, _password: str) -> bool:
        with transactions.write() as session:
            session.execute(update(Person).values(**change))
        return True

    monkeypatch.setattr(passwords, "is_right", change_meanwhile)
    monkeypatch.setattr(passwords, "is_outdated", lambda _hash: False)
    assert open_browser().sign_in("ada").status_code == 401


def test_a_person_without_a_password_cannot_sign_in(open_browser, transactions):
    with transactions.write() as session:
        session.add(Person(login="robot"))
    assert open_browser().sign_in("robot", "").status_code == 401


def test_signing_in_from_another_site_is_refused(open_browser):
    browser = open_browser()
    browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert browser.sign_in("ada").status_code == 403


def test_signing_out_ends_the_session_on_the_server(open_browser, transactions):
    browser = open_browser()
    browser.sign_in("ada")
    token = browser.cookies["holdfast_session"]
    assert browser.delete("/api/v1/session").status_code == 204
    assert "holdfast_session" not in browser.cookies
    assert open_browser().get("/whoami", headers={"Cookie": f"holdfast_session={token}"}).status_code == 401
    assert actions(transactions) == ["session.opened", "session.closed"]


def test_an_old_hash_is_replaced_at_sign_in(open_browser, transactions):
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with transactions.write() as session:
        session.execute(update(Person).where(Person.login == "ada").values(password_hash=weak))
    assert open_browser().sign_in("ada").status_code == 200
    with transactions.read() as session:
        kept = session.scalars(select(Person.password_hash).where(Person.login == "ada")).one()
    assert kept != weak
    assert not passwords.is_outdated(kept)
    assert open_browser().sign_in("ada").status_code == 200


def test_ended_sessions_are_cleared_at_the_next_sign_in(open_browser, transactions):
    open_browser("ada")
    with transactions.write() as session:
        session.execute(update(WebSession).values(expires_at=now() - timedelta(hours=1)))
    open_browser().sign_in("ben")
    with transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(WebSession)) == 1


def test_guessing_is_stopped_and_others_still_sign_in(open_browser, transactions, monkeypatch):
    monkeypatch.setattr(throttle, "TRIES_PER_LOGIN_AND_ADDRESS", 2)
    tries = [open_browser().sign_in("ada", "a wrong password").status_code for _ in range(3)]
    assert tries == [401, 401, 429]
    right = open_browser().sign_in("ada")
    assert right.status_code == 429
    assert open_browser().sign_in("ben").status_code == 200
    with transactions.write() as session:
        session.execute(update(SignInAttempts).values(since=now() - throttle.WINDOW - timedelta(seconds=1)))
    assert open_browser().sign_in("ada").status_code == 200


def test_trying_many_logins_from_one_address_is_stopped(open_browser, monkeypatch):
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 3)
    tries = [open_browser().sign_in(f"login{n}", "a wrong password").status_code for n in range(4)]
    assert tries == [401, 401, 401, 429]


def test_right_passwords_use_nothing_up(open_browser, monkeypatch):
    monkeypatch.setattr(throttle, "TRIES_PER_LOGIN_AND_ADDRESS", 1)
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 1)
    assert [open_browser().sign_in("ada").status_code for _ in range(3)] == [200, 200, 200]


def test_a_new_password_ends_every_session(open_browser):
    first, second = open_browser("ada"), open_browser("ada")
    wrong = {"current_password": "a wrong password", "new_password": "another long one"}
    assert first.put("/api/v1/session/password", json=wrong).status_code == 403
    right = {"current_password": PASSWORD, "new_password": "another long one"}
    assert first.put("/api/v1/session/password", json=right).status_code == 204
    assert second.get("/whoami").status_code == 401
    assert open_browser().sign_in("ada").status_code == 401
    assert open_browser().sign_in("ada", "another long one").status_code == 200


def test_a_key_is_shown_once_and_kept_as_a_digest(open_browser, transactions):
    browser = open_browser("ada")
    made = browser.post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"], "expires_in_days": 7})
    assert made.status_code == 201
    key = made.json()["key"]
    assert made.json()["prefix"] == key[:11]
    (listed,) = browser.get("/api/v1/api-keys").json()["items"]
    assert "key" not in listed
    assert listed["scopes"] == ["ask"]
    with transactions.read() as session:
        row = session.scalars(select(ApiKey)).one()
        assert key[11:] not in repr(vars(row))
        assert timedelta(days=6) < row.expires_at - now() < timedelta(days=7)


def test_revoking_ends_a_key_and_takes_it_off_the_list(open_browser, transactions):
    browser = open_browser("ada")
    made = browser.post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"]}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert open_browser().get("/whoami", headers=headers).status_code == 200
    assert browser.delete(f"/api/v1/api-keys/{made['id']}").status_code == 204
    assert open_browser().get("/whoami", headers=headers).status_code == 401
    assert browser.get("/api/v1/api-keys").json()["items"] == []
    assert browser.delete(f"/api/v1/api-keys/{made['id']}").status_code == 404
    assert actions(transactions) == ["api_key.created", "api_key.revoked"]


def test_keys_of_others_are_unknown_but_to_administrators(open_browser):
    made = open_browser("ada").post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"]}).json()
    assert open_browser("ben").get("/api/v1/api-keys").json()["items"] == []
    assert open_browser("ben").delete(f"/api/v1/api-keys/{made['id']}").status_code == 404
    assert open_browser("admin").delete(f"/api/v1/api-keys/{made['id']}").status_code == 204


def test_a_key_makes_no_keys_and_no_session_calls(open_browser, make_key):
    headers = {"Authorization": f"Bearer {make_key('admin', 'admin', 'ask')}"}
    body = {"name": "child", "scopes": ["ask"]}
    assert open_browser().post("/api/v1/api-keys", json=body, headers=headers).status_code == 403
    assert open_browser().get("/api/v1/api-keys", headers=headers).status_code == 403
    assert open_browser().delete("/api/v1/session", headers=headers).status_code == 403
    shown = open_browser().get("/api/v1/session", headers=headers).json()
    assert (shown["csrf_token"], shown["scopes"]) == (None, ["admin", "ask"])


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["admin"], 403), (["model:bare"], 403), (["everything"], 422), ([], 422), (["ask", "ask"], 201)],
)
def test_nobody_gives_away_more_than_they_have(open_browser, scopes, status):
    body = {"name": "app", "scopes": scopes}
    assert open_browser("ada").post("/api/v1/api-keys", json=body).status_code == status


def test_the_bare_model_is_a_scope_only_where_the_settings_allow_it(open_browser, resources):
    allowed = resources.settings.model_copy(update={"allow_bare_model": True})
    refused, resources.settings = resources.settings, allowed
    browser = open_browser("ada")
    made = browser.post("/api/v1/api-keys", json={"name": "app", "scopes": ["model:bare"]}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert open_browser().get("/api/v1/session", headers=headers).json()["scopes"] == ["model:bare"]
    resources.settings = refused
    assert open_browser().get("/api/v1/session", headers=headers).json()["scopes"] == []
