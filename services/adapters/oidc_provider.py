"""A sign-in provider (OpenID Connect), spoken to through Authlib over connections to named hosts only.

Nothing is asked of it before somebody signs in; what it publishes about itself is kept for an hour.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from services import errors
from services.adapters import signed_tokens
from services.adapters.signed_tokens import Claims, Key
from services.outbound import Outbound, open_client
from services.settings import Oidc

KEPT_S = 3600.0
QUIET_S = 10.0
KEYS_AGAIN_S = 30.0
MAX_REPLY = 1024 * 1024
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MORE_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave for a session: to read the claims again with, and to sign out with."""

    id_token: str
    access_token: str
    refresh_token: str


class _ClientAuth(ClientAuth, httpx.Auth):  # type: ignore[misc]  # Authlib has no types
    """Authlib's ways for a client to prove itself, in httpx's form."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url, headers, body = self.prepare(
            request.method, str(request.url), request.headers, request.content.decode()
        )
        headers["Content-Length"] = str(len(body))
        yield httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    client_auth_class = _ClientAuth
    oauth_error_class = OAuth2Error

    def _http_post(
        self, url: str, body: str = "", auth: Any = None, headers: Any = None, **given: Any
    ) -> Any:
        return self.session.post(url, content=body, headers=headers, auth=auth, **given)


class OidcProvider:
    """One provider, as the settings name it."""

    def __init__(self, settings: Oidc, outbound: Outbound) -> None:
        self._settings, self._outbound = settings, outbound
        self._lock = threading.Lock()
        self._metadata: tuple[float, Claims] | None = None
        self._quiet_until = 0.0
        self._keys: tuple[float, list[Key]] | None = None

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in."""
        endpoint = self._published()["authorization_endpoint"]
        with self._session() as session:
            client = self._client(session)
            url, _ = client.create_authorization_url(
                endpoint, state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    def redeem(self, code: str, verifier: str, nonce: str) -> tuple[Claims, Tokens]:
        """Claims and tokens for the code that a sign-in came back with; errors.SignInRefused otherwise."""
        tokens = self._ask_for_tokens(
            lambda client, url: client.fetch_token(
                url, grant_type="authorization_code", code=code, code_verifier=verifier
            )
        )
        claims = self._checked(tokens, nonce)
        return self._with_groups(claims, tokens), tokens

    def renew(self, tokens: Tokens, subject: str) -> tuple[Claims, Tokens]:
        """The claims as they are now; errors.SignInRefused where the provider says no."""
        if tokens.refresh_token:
            fresh = self._ask_for_tokens(
                lambda client, url: client.refresh_token(url, refresh_token=tokens.refresh_token)
            )
            claims = self._checked(fresh, None) if fresh.id_token else {}
            fresh = Tokens(
                fresh.id_token or tokens.id_token,
                fresh.access_token,
                fresh.refresh_token or tokens.refresh_token,
            )
        else:
            fresh, claims = tokens, {}
        claims = self._with_groups(claims, fresh) if claims else self._user_info(fresh)
        if claims.get("sub") != subject:
            raise errors.SignInRefused("The provider answered for somebody else")
        return claims, fresh

    def read_logout_token(self, raw: str) -> Claims:
        """Whose session has ended there; errors.SignInRefused where it is not the provider who says so."""
        return self._with_keys(
            lambda keys: signed_tokens.read_logout_token(
                raw,
                keys,
                self._settings.algorithms,
                issuer=self._settings.issuer,
                client_id=self._settings.client_id,
            )
        )

    def logout_url(self, id_token: str) -> str | None:
        """Where the browser goes to sign out there too; None where the provider has no such place."""
        endpoint = self._published().get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        asked = {"client_id": self._settings.client_id}
        if id_token:
            asked["id_token_hint"] = id_token
        if self._settings.after_logout_url:
            asked["post_logout_redirect_uri"] = self._settings.after_logout_url
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def _checked(self, tokens: Tokens, nonce: str | None) -> Claims:
        return self._with_keys(
            lambda keys: signed_tokens.read_id_token(
                tokens.id_token,
                keys,
                self._settings.algorithms,
                issuer=self._settings.issuer,
                client_id=self._settings.client_id,
                nonce=nonce,
                access_token=tokens.access_token,
            )
        )

    def _with_keys(self, read: Callable[[list[Key]], Claims]) -> Claims:
        """What `read` makes of a token; the keys are fetched anew once if it was signed with another."""
        try:
            return read(self._published_keys(KEPT_S))
        except errors.UnknownKey:
            return read(self._published_keys(KEYS_AGAIN_S))

    def _with_groups(self, claims: Claims, tokens: Tokens) -> Claims:
        """The claims, with those of the userinfo endpoint where the token itself says nothing of groups."""
        first = self._settings.groups_claim.split(".")[0]
        is_told = self._settings.groups_claim in claims or first in claims
        is_left_out = "_claim_names" in claims or "hasgroups" in claims
        if is_told or is_left_out or not self._published().get("userinfo_endpoint"):
            return claims
        more = self._user_info(tokens)
        if more.get("sub") != claims["sub"]:
            raise errors.SignInRefused("The provider answered for somebody else")
        return more | claims

    def _user_info(self, tokens: Tokens) -> Claims:
        endpoint = self._published().get("userinfo_endpoint")
        if not endpoint or not tokens.access_token:
            raise errors.SignInRefused("The provider gives no way to read the claims again")
        return self._get(endpoint, {"Authorization": f"Bearer {tokens.access_token}"})

    def _ask_for_tokens(self, ask: Callable[[Any, str], Mapping[str, Any]]) -> Tokens:
        url = self._published()["token_endpoint"]
        with _typed_failures(), self._session() as session:
            given = ask(self._client(session), url)
        texts = [given.get(name) or "" for name in ("id_token", "access_token", "refresh_token")]
        if not all(isinstance(text, str) for text in texts):
            raise errors.SignInRefused("The provider's tokens cannot be read")
        return Tokens(*texts)

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Claims:
        with _typed_failures(), self._session() as session:
            reply = session.get(url, headers=headers)
            if reply.status_code in (400, 401, 403):
                raise errors.SignInRefused("The provider no longer vouches for this session; sign in again")
            reply.raise_for_status()
            found = reply.json()
        if not isinstance(found, dict):
            raise errors.SignInRefused("The provider's answer cannot be read")
        return found

    def _published(self) -> Claims:
        """What the provider says about itself; its issuer must be the one that was named."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEPT_S:
                if time.monotonic() < self._quiet_until:
                    raise errors.OutsideUnavailable("The provider did not answer a moment ago")
                try:
                    found = self._get(self._settings.issuer.rstrip("/") + WELL_KNOWN)
                except errors.OutsideUnavailable:  # or each who signs in would wait for it, one by one
                    self._quiet_until = time.monotonic() + QUIET_S
                    raise
                self._require_sound(found)
                self._metadata = time.monotonic(), found
            return self._metadata[1]

    def _published_keys(self, kept_s: float) -> list[Key]:
        url = self._published()["jwks_uri"]
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys[0] > kept_s:
                self._keys = time.monotonic(), signed_tokens.key_set(self._get(url))
            return self._keys[1]

    def _require_sound(self, found: Claims) -> None:
        if found.get("issuer") != self._settings.issuer:
            raise errors.SignInRefused("The provider calls itself by another name than the settings do")
        scheme = urlsplit(self._settings.issuer).scheme
        named = {name: found.get(name) for name in ENDPOINTS} | {
            name: found[name] for name in MORE_ENDPOINTS if name in found
        }
        for name, url in named.items():
            if not isinstance(url, str) or urlsplit(url).scheme not in ("https", scheme):
                raise errors.SignInRefused(f"The provider's {name} is missing or not encrypted")

    def _session(self) -> httpx.Client:
        return open_client(self._outbound, "sign_in", max_bytes=MAX_REPLY)

    def _client(self, session: httpx.Client) -> Any:
        return _Client(
            session,
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret.get_secret_value() or None,
            redirect_uri=self._settings.redirect_url,
            scope=" ".join(self._settings.scopes),
            code_challenge_method="S256",
            token_endpoint_auth_method=self._auth_method(),
        )

    def _auth_method(self) -> str:
        """The provider's first way that we know; without a secret there is only one."""
        if not self._settings.client_secret.get_secret_value():
            return "none"
        offered = self._published().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        known = [name for name in ("client_secret_basic", "client_secret_post") if name in offered]
        return known[0] if known else "client_secret_basic"


@contextmanager
def _typed_failures() -> Iterator[None]:
    """What goes wrong at the provider is one of two errors: it says no, or it does not work."""
    try:
        yield
    except OAuth2Error as error:
        raise errors.SignInRefused(f"The provider says no: {error.error}") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise errors.OutsideUnavailable(f"The provider answers wrongly: {type(error).__name__}") from error
