"""Signing in at a real provider (oidc-provider-mock in a process of its own), and out of it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from services import errors
from services.adapters import signed_tokens
from services.adapters.oidc_provider import OidcProvider, Tokens
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import OutsideIdentity, Person, WebSession
from services.identity import assertions, credentials, throttle
from services.outbound import Outbound
from services.settings import Settings
from tests.parts import free_port

REDIRECT = "http://testserver/api/v1/session/oidc/callback"
START = "/api/v1/session/oidc"
OUTSIDE = httpx.Client(trust_env=False, verify=False, timeout=60)  # noqa: S501  (plain HTTP on this machine)


@pytest.fixture(scope="module")
def provider_url() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen([*command, "--require-nonce", "true"], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process)
        yield url
    finally:
        OUTSIDE.close()
        process.terminate()
        process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            OUTSIDE.get(url + "/jwks")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the provider did not start")


@pytest.fixture
def settings(provider_url: str, tmp_path: Path) -> Settings:
    port = urlsplit(provider_url).port
    oidc = {"issuer": provider_url, "client_id": "holdfast", "client_secret": "s", "redirect_url": REDIRECT}
    sign_in = {"oidc": oidc, "groups": {"Personal": "hr"}, "admin_groups": ["it-admins"]}
    return Settings(
        data_dir=tmp_path,
        secret_key="s" * 32,
        sign_in=sign_in,
        outbound={"sign_in": [f"127.0.0.1:{port}=127.0.0.1"]},
    )


@pytest.fixture
def tell(provider_url: str) -> Callable[..., None]:
    """Sets what the provider says of somebody."""

    def tell(subject: str, **claims: Any) -> None:
        OUTSIDE.put(f"{provider_url}/users/{subject}", json=claims).raise_for_status()

    return tell


def go_to_provider(browser: Any, subject: str = "u1", **query: str) -> str:
    """The address the provider sends the browser back to, once the person has signed in there."""
    begun = browser.get(START, params=query, follow_redirects=False)
    assert begun.status_code == 302, begun.text
    back = OUTSIDE.post(begun.headers["location"], data={"sub": subject})
    assert back.status_code == 302, back.text
    return str(back.headers["location"])


def come_back(browser: Any, address: str) -> Any:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", follow_redirects=False)


def sign_in(browser: Any, subject: str = "u1", **query: str) -> Any:
    return come_back(browser, go_to_provider(browser, subject, **query))


def who(browser: Any) -> Any:
    return browser.get("/api/v1/session/whoami").json()


def age(resources: SimpleNamespace, minutes: float) -> None:
    """Let time pass for everything that was said of anybody."""
    with resources.transactions.write() as session:
        for known in session.query(OutsideIdentity):
            known.read_at -= timedelta(minutes=minutes)
            known.expires_at -= timedelta(minutes=minutes)


def test_person_signs_in_and_gets_the_groups_of_the_claim(open_browser, tell) -> None:
    tell("u1", preferred_username="Eve", name="Eve Roe", groups=["Personal", "finance", "unheard-of"])
    browser = open_browser()
    reply = sign_in(browser, return_to="/library?x=1")
    assert (reply.status_code, reply.headers["location"]) == (303, "/library?x=1")
    me = who(browser)
    assert (me["login"], me["name"], me["is_admin"], me["via"]) == ("eve", "Eve Roe", False, "session")
    assert [group["name"] for group in me["groups"]] == ["everyone", "finance", "hr"]
    became = {one["claimed"]: one["became"] and one["became"]["name"] for one in me["outside"]["groups"]}
    assert became == {"Personal": "hr", "finance": "finance", "unheard-of": None}
    assert me["outside"]["claims"]["sub"] == "u1"


def test_authorization_request_has_state_nonce_and_pkce(open_browser, provider_url) -> None:
    begun = open_browser().get(START, follow_redirects=False)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert begun.headers["location"].startswith(provider_url + "/")
    assert (asked["redirect_uri"], asked["response_type"]) == (REDIRECT, "code")
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "samesite=lax" in begun.headers["set-cookie"].lower()
    assert "httponly" in begun.headers["set-cookie"].lower()


def test_signed_in_page_needs_its_csrf_token(open_browser, tell) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    sign_in(browser)
    assert browser.post("/whoami").status_code == 403
    browser.headers["X-CSRF-Token"] = browser.get("/api/v1/session").json()["csrf_token"]
    assert browser.post("/whoami").status_code == 200


def test_role_of_a_group_lasts_as_long_as_the_group(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve", groups=["it-admins"])
    browser = open_browser()
    sign_in(browser)
    assert browser.get("/api/v1/people").status_code == 200
    tell("u1", preferred_username="eve", groups=[])
    age(resources, 11)
    assert browser.get("/api/v1/people").status_code == 403


def test_answer_to_another_browser_is_refused(open_browser, tell) -> None:
    tell("u1", preferred_username="eve")
    first, second = open_browser(), open_browser()
    address = go_to_provider(first)
    go_to_provider(second)
    assert come_back(second, address).status_code == 401
    assert come_back(open_browser(), address).status_code == 401


def test_answer_counts_once(open_browser, tell) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    begun = browser.get(START, follow_redirects=False)
    cookie = browser.cookies.get("holdfast_sign_in")
    back = OUTSIDE.post(begun.headers["location"], data={"sub": "u1"}).headers["location"]
    assert come_back(browser, back).status_code == 303
    browser.cookies.set("holdfast_sign_in", cookie)
    assert come_back(browser, back).status_code == 401


@pytest.mark.parametrize("return_to", ["//evil.example", "https://evil.example", "/\\evil.example", "", "x"])
def test_page_elsewhere_is_no_place_to_return_to(open_browser, return_to) -> None:
    reply = open_browser().get(START, params={"return_to": return_to}, follow_redirects=False)
    assert reply.status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph"}}},
        {"hasgroups": True},
        {"hasgroups": "true"},
        {"groups": [f"g{number}" for number in range(1001)]},
    ],
)
def test_group_overage_is_an_error_and_no_empty_list(open_browser, tell, more) -> None:
    tell("u1", preferred_username="eve", **more)
    browser = open_browser()
    reply = sign_in(browser)
    assert (reply.status_code, reply.json()["code"]) == (401, "group_overage")
    assert browser.get("/api/v1/session").status_code == 401


def test_overage_at_a_renewal_ends_the_session(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    browser = open_browser()
    sign_in(browser)
    tell("u1", preferred_username="eve", hasgroups=True)
    age(resources, 11)
    assert browser.get("/api/v1/session").json()["code"] == "group_overage"
    assert browser.get("/api/v1/session").status_code == 401


def test_claims_are_read_again_before_they_expire(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve", groups=["hr", "finance"])
    browser = open_browser()
    sign_in(browser)
    tell("u1", preferred_username="eve", groups=["finance"])
    age(resources, 5)
    assert len(who(browser)["groups"]) == 3
    age(resources, 6)
    assert [group["name"] for group in who(browser)["groups"]] == ["everyone", "finance"]


def test_session_ends_when_the_provider_no_longer_vouches(
    open_browser, tell, resources, provider_url
) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    browser = open_browser()
    sign_in(browser)
    OUTSIDE.post(f"{provider_url}/users/u1/revoke-tokens").raise_for_status()
    age(resources, 20)
    assert browser.get("/api/v1/session").status_code == 401


def test_expired_groups_read_nothing_while_the_provider_is_away(
    open_browser, tell, resources, settings
) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    browser = open_browser()
    sign_in(browser)
    nobody = settings.sign_in.oidc.model_copy(update={"issuer": "http://127.0.0.1:9"})
    resources.provider = OidcProvider(nobody, Outbound(settings.outbound))
    age(resources, 20)
    me = who(browser)
    assert (me["groups"], me["outside"]["is_expired"]) == ([], True)
    assert me["reads"].startswith("nothing")


def test_key_of_somebody_whose_claims_expired_reads_nothing(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    browser = open_browser()
    sign_in(browser)
    browser.headers["X-CSRF-Token"] = browser.get("/api/v1/session").json()["csrf_token"]
    made = browser.post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"]}).json()
    key = {"Authorization": f"Bearer {made['key']}"}
    app = open_browser()
    assert len(app.get("/api/v1/session/whoami", headers=key).json()["groups"]) == 2
    age(resources, 20)
    assert app.get("/api/v1/session/whoami", headers=key).json()["groups"] == []


def test_nobody_becomes_a_local_person_by_their_name(open_browser, tell) -> None:
    tell("u1", preferred_username="admin")
    browser = open_browser()
    assert sign_in(browser).status_code == 401
    assert browser.get("/api/v1/session").status_code == 401


def test_two_subjects_of_one_name_are_two_people(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve", email="eve@one.example")
    tell("u2", preferred_username="eve", email="eve@two.example")
    first, second = open_browser(), open_browser()
    assert sign_in(first).status_code == sign_in(second, "u2").status_code == 303
    assert (who(first)["login"], who(second)["login"]) == ("eve", "eve@two.example")
    assert who(first)["id"] != who(second)["id"]
    people = open_browser("admin").get("/api/v1/people").json()["items"]
    assert {one["login"]: one["known_from"]["subject"] for one in people if one["known_from"]} == {
        "eve": "u1",
        "eve@two.example": "u2",
    }


def test_assertion_does_not_name_by_a_login_that_a_claim_brought(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    sign_in(browser)
    issuer = resources.settings.sign_in.oidc.issuer
    named = [{"sub": "eve"}, {"sub": "u1", "sub_iss": "https://other"}, {"sub": "eve", "sub_iss": issuer}]
    with resources.transactions.read() as session:
        assert [assertions.person_named(session, claims) for claims in named] == [None] * 3
        found = assertions.person_named(session, {"sub": "u1", "sub_iss": issuer})
        assert found is not None
        assert assertions.person_named(session, {"sub": found.id}) is found
        local = assertions.person_named(session, {"sub": "ada"})
    assert (found.login, local and local.login) == ("eve", "ada")


def test_answers_that_lead_nowhere_are_counted_before_they_are_written_down(
    open_browser, resources, monkeypatch
) -> None:
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 3)
    address = f"{START}/callback?state=x&code=y"
    told = [open_browser().get(address, follow_redirects=False).status_code for _ in range(6)]
    assert told == [401] * 3 + [429] * 3
    with resources.transactions.read() as session:
        assert session.query(AuditEntry).filter_by(action="session.refused").count() == 3


def test_signing_in_is_no_try_too_many(open_browser, tell, monkeypatch) -> None:
    tell("u1", preferred_username="eve")
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 1)
    assert [sign_in(open_browser()).status_code for _ in range(3)] == [303] * 3


def test_strangers_behind_the_same_address_lock_nobody_out(open_browser, tell, monkeypatch) -> None:
    tell("u1", preferred_username="eve")
    monkeypatch.setattr(throttle, "TRIES_PER_ADDRESS", 1)
    address = f"{START}/callback?state=x&code=y"
    told = [open_browser().get(address, follow_redirects=False).status_code for _ in range(2)]
    assert told == [401, 429]
    assert sign_in(open_browser()).status_code == 303


def test_answers_to_one_sign_in_are_counted_too(open_browser, monkeypatch) -> None:
    monkeypatch.setattr(throttle, "TRIES_PER_LOGIN_AND_ADDRESS", 2)
    browser = open_browser()
    begun = browser.get(START, follow_redirects=False)
    (state,) = parse_qs(urlsplit(begun.headers["location"]).query)["state"]
    address = f"{START}/callback?state={state}&error=access_denied"
    told = [browser.get(address, follow_redirects=False).status_code for _ in range(3)]
    assert told == [401, 401, 429]


def test_role_named_in_another_claim_counts(open_browser, tell, resources, settings) -> None:
    settings.sign_in.oidc.__dict__["roles_claim"] = "roles"
    settings.sign_in.__dict__["auditor_groups"] = ("Revision",)
    tell("u1", preferred_username="eve", groups=["Personal"], roles=["Revision"])
    browser = open_browser()
    sign_in(browser)
    me = who(browser)
    assert "audit" in me["scopes"]
    assert [one["claim"] for one in me["roles"] if one["role"] == "auditor"] == ["Revision"]
    tell("u1", preferred_username="eve", groups=["Personal"], roles=[])
    age(resources, 20)
    assert "audit" not in who(browser)["scopes"]


def test_suspended_person_does_not_come_in(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    sign_in(browser)
    with resources.transactions.write() as session:
        session.query(Person).filter_by(login="eve").one().is_active = False
    assert browser.get("/api/v1/session").status_code == 401
    assert sign_in(open_browser()).status_code == 401
    with resources.transactions.read() as session:
        entry = session.query(AuditEntry).filter_by(action="session.refused").one()
        assert entry.detail["code"] == "sign_in_refused"


def test_signing_out_leads_to_the_provider(open_browser, tell, provider_url) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    sign_in(browser)
    browser.headers["X-CSRF-Token"] = browser.get("/api/v1/session").json()["csrf_token"]
    reply = browser.post(START + "/logout")
    address = urlsplit(reply.json()["continue_at"])
    asked = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}" == provider_url
    assert asked["client_id"] == ["holdfast"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert browser.get("/api/v1/session").status_code == 401
    assert OUTSIDE.get(reply.json()["continue_at"]).status_code == 200


def test_person_with_a_password_signs_out_here_only(open_browser) -> None:
    reply = open_browser("ada").post(START + "/logout")
    assert (reply.status_code, reply.json()) == (200, {"continue_at": None})


def test_provider_that_nobody_named_is_not_asked(open_browser, resources, settings) -> None:
    resources.provider = OidcProvider(settings.sign_in.oidc, Outbound(Settings().outbound))
    reply = open_browser().get(START, follow_redirects=False)
    assert (reply.status_code, reply.json()["code"]) == (400, "outbound_refused")


def test_provider_of_another_name_is_refused(open_browser, resources, settings) -> None:
    other = settings.sign_in.oidc.model_copy(update={"issuer": settings.sign_in.oidc.issuer + "/"})
    resources.provider = OidcProvider(other, Outbound(settings.outbound))
    assert open_browser().get(START, follow_redirects=False).status_code == 401


def test_ways_to_sign_in_are_listed(open_browser) -> None:
    ways = open_browser().get("/api/v1/session/ways").json()
    assert ways == {
        "password": True,
        "provider": {"label": "Company sign-in", "url": START},
        "proxy": False,
    }


def test_tokens_are_kept_encrypted(open_browser, tell, resources) -> None:
    tell("u1", preferred_username="eve")
    sign_in(open_browser())
    with resources.transactions.read() as session:
        kept = session.query(WebSession).one().provider_tokens
    assert "refresh_token" not in kept
    assert credentials.unseal(resources.settings, "another purpose", kept) is None


KEY = RSAKey.generate_key(2048, {"kid": "k"})


class OfOurKey(OidcProvider):
    """The provider, had it the key of this test: the mock sends no logout tokens and shows no private key."""

    def _published_keys(self, kept_s: float) -> list[signed_tokens.Key]:
        return [KEY]


@pytest.fixture
def log_out(resources, settings, provider_url) -> Callable[..., str]:
    resources.provider = OfOurKey(settings.sign_in.oidc, Outbound(settings.outbound))

    def token(**claims: Any) -> str:
        at = int(time.time())
        whole = {"iss": provider_url, "aud": "holdfast", "iat": at, "exp": at + 60, "jti": "12345678"}
        whole |= {"events": {signed_tokens.LOGOUT_EVENT: {}}} | claims
        return jwt.encode({"alg": "RS256", "kid": "k"}, whole, KEY)

    return token


def say(browser: Any, token: str) -> int:
    reply = browser.post(START + "/back-channel-logout", data={"logout_token": token})
    return int(reply.status_code)


def test_logout_at_the_provider_ends_everything_here(open_browser, tell, resources, log_out) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    tell("u2", preferred_username="fay", groups=["hr"])
    browser, other = open_browser(), open_browser()
    provider, resources.provider = (
        resources.provider,
        OidcProvider(resources.settings.sign_in.oidc, Outbound(resources.settings.outbound)),
    )
    sign_in(browser)
    sign_in(other, "u2")
    browser.headers["X-CSRF-Token"] = browser.get("/api/v1/session").json()["csrf_token"]
    made = browser.post("/api/v1/api-keys", json={"name": "app", "scopes": ["ask"]}).json()
    key = {"Authorization": f"Bearer {made['key']}"}
    resources.provider = provider
    token = log_out(sub="u1")
    assert say(open_browser(), token) == 200
    assert browser.get("/api/v1/session").status_code == 401
    assert open_browser().get("/api/v1/session/whoami", headers=key).json()["groups"] == []
    assert other.get("/api/v1/session").status_code == 200
    assert say(open_browser(), token) == 401, "a logout token counts once"


def test_logout_of_one_session_ends_that_one(open_browser, tell, resources, log_out) -> None:
    tell("u1", preferred_username="eve", groups=["hr"])
    first, second = open_browser(), open_browser()
    provider, resources.provider = (
        resources.provider,
        OidcProvider(resources.settings.sign_in.oidc, Outbound(resources.settings.outbound)),
    )
    sign_in(first)
    sign_in(second)
    with resources.transactions.write() as session:
        for number, row in enumerate(session.query(WebSession).order_by(WebSession.created_at)):
            row.provider_sid = f"sid-{number}"
    own, resources.provider = resources.provider, provider
    assert say(open_browser(), log_out(sid="sid-0")) == 200
    resources.provider = own
    assert first.get("/api/v1/session").status_code == 401
    assert second.get("/api/v1/session").status_code == 200


def test_what_is_no_logout_token_ends_nothing(open_browser, log_out) -> None:
    assert say(open_browser(), log_out(sub="u1", events={})) == 401
    assert say(open_browser(), "x" * 70_000) == 413
    assert open_browser().post(START + "/back-channel-logout").status_code == 400


def test_cookie_that_is_not_ours_is_refused(open_browser, tell) -> None:
    tell("u1", preferred_username="eve")
    browser = open_browser()
    address = go_to_provider(browser)
    browser.cookies.clear()
    browser.cookies.set("holdfast_sign_in", "gAAAAABkeAAA")
    assert come_back(browser, address).status_code == 401


def test_error_of_the_provider_is_told(open_browser) -> None:
    browser = open_browser()
    begun = browser.get(START, follow_redirects=False)
    back = OUTSIDE.post(begun.headers["location"], data={"action": "deny"})
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    assert back.status_code == 302
    reply = browser.get(f"{START}/callback", params={"error": "access_denied", "state": state})
    assert (reply.status_code, reply.json()["code"]) == (401, "sign_in_refused")


def test_renewal_for_somebody_else_is_refused(resources, tell) -> None:
    class Answering(OidcProvider):
        def _user_info(self, tokens: Any) -> dict[str, Any]:
            return {"sub": "u2"}

    provider = Answering(resources.settings.sign_in.oidc, Outbound(resources.settings.outbound))
    with pytest.raises(errors.SignInRefused):
        provider.renew(Tokens("", "t", ""), "u1")
