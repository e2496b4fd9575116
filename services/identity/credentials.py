"""The secrets callers present: how they are made, recognised and kept (as digests only)."""

import base64
import hashlib
import hmac
import re
import secrets
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request

from services import errors
from services.settings import Settings

KEY_PREFIX = "hf_"
SHOWN_PREFIX = len(KEY_PREFIX) + 8
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
# 32 random bytes in URL-safe base64; anything else is refused before the database is asked.
_SESSION_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_BEARER = re.compile(r"[Bb]earer +(hf_[A-Za-z0-9_-]{43})")


def new_session_token() -> str:
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 of a token; a plain digest is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_digest(settings: Settings, purpose: str, text: str) -> str:
    """HMAC-SHA-256 under the secret key, so that neither a leak nor the audit trail betrays `text`."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def csrf_token(settings: Settings, session_token: str) -> str:
    """What a page must send back beside its cookie; it cannot be made without our secret key.

    For people a proxy signs in, `by_proxy` stands for the cookie.
    """
    return keyed_digest(settings, "csrf", session_token)


def seal(settings: Settings, purpose: str, text: str) -> str:
    """Encrypt what only we may read again, and only for this purpose."""
    return _cipher(settings, purpose).encrypt(text.encode()).decode()


def unseal(settings: Settings, purpose: str, sealed: str, max_age_s: int | None = None) -> str | None:
    """What `seal` was given, None where it is too old or not ours."""
    try:
        return _cipher(settings, purpose).decrypt(sealed.encode(), ttl=max_age_s).decode()
    except InvalidToken:
        return None


def _cipher(settings: Settings, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(keyed_digest(settings, "seal", purpose))))


def sign_in_cookie(settings: Settings) -> str:
    return "__Host-holdfast_sign_in" if settings.cookies_are_secure else "holdfast_sign_in"


def cookie_name(settings: Settings) -> str:
    """With the `__Host-` prefix browsers refuse a cookie planted by a neighbouring host or over HTTP."""
    return "__Host-holdfast_session" if settings.cookies_are_secure else "holdfast_session"


def by_proxy(person_id: str) -> str:
    return f"proxy\0{person_id}"


def presented_key(request: Request) -> str | None:
    """The API key of the request, None where no Authorization header was sent at all."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    match = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    if match is None:
        raise errors.NotSignedIn("The Authorization header holds no valid API key")
    return match.group(1)


def presented_session(request: Request, settings: Settings) -> str | None:
    """The session token of the request's cookie, None where there is none of our form."""
    token = request.cookies.get(cookie_name(settings), "")
    return token if _SESSION_TOKEN.fullmatch(token) else None


def refuse_forgery(request: Request, settings: Settings, session_token: str) -> None:
    """An unsafe request carried by a cookie must come from our own page."""
    if request.method in SAFE_METHODS:
        return
    refuse_foreign_origin(request)
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), csrf_token(settings, session_token).encode()):
        raise errors.CsrfFailed()


def refuse_foreign_origin(request: Request) -> None:
    """Defence in depth beside the token: what the browser itself says about where a request comes from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise errors.CsrfFailed("The request comes from another site")
    origin = request.headers.get("origin")
    # Browsers leave Sec-Fetch-Site out over plain HTTP, so Origin is compared where it is missing.
    if site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise errors.CsrfFailed("The request comes from another origin")
