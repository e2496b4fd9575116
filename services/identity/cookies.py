"""The two cookies: a session's, and that of a sign-in which was begun at a provider."""

from starlette.responses import Response

from services.identity import credentials
from services.settings import Settings


def set_session(response: Response, settings: Settings, token: str) -> None:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        credentials.cookie_name(settings),
        token,
        max_age=settings.web.session_hours * 3600,
        secure=settings.cookies_are_secure,
        httponly=True,
        samesite="strict",
    )


def clear_session(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        credentials.cookie_name(settings),
        secure=settings.cookies_are_secure,
        httponly=True,
        samesite="strict",
    )


def set_begun(response: Response, settings: Settings, sealed: str, max_age_s: int) -> None:
    # Lax, not strict: it must come back when the provider, another site, sends the browser here.
    response.set_cookie(
        credentials.sign_in_cookie(settings),
        sealed,
        max_age=max_age_s,
        secure=settings.cookies_are_secure,
        httponly=True,
        samesite="lax",
    )


def clear_begun(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        credentials.sign_in_cookie(settings),
        secure=settings.cookies_are_secure,
        httponly=True,
        samesite="lax",
    )
