"""The doors of those who sign in elsewhere, the ways there are to sign in, and who one turned out to be."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, StringConstraints

from services import errors
from services.dependencies import Opened, Reading
from services.identity import cookies, credentials, provider_sign_in, whoami
from services.identity.callers import CurrentCaller, SignedIn
from services.identity.provider_sign_in import Answer
from services.identity.whoami import WhoAmI

START = "/api/v1/session/oidc"
MAX_BODY = 64 * 1024
Text = Annotated[str, StringConstraints(max_length=4000)]

router = APIRouter(prefix="/session")


class ProviderWay(BaseModel):
    label: str
    url: str
    """Where the page sends the browser, with `?return_to=` and a path of ours."""


class SignInWays(BaseModel):
    """How one may sign in here."""

    password: bool
    provider: ProviderWay | None
    proxy: bool
    """A proxy in front signs people in; the page asks for the session and finds it there."""


class SignedOut(BaseModel):
    continue_at: str | None
    """Where the browser goes to sign out at the provider as well."""


class ProviderAnswer(BaseModel):
    """What the browser comes back with; providers add more, which counts for nothing."""

    state: Text = ""
    code: Text = ""
    error: Text = ""
    iss: Text = ""


@router.get("/ways")
def list_ways(resources: Opened) -> SignInWays:
    """The ways to sign in, for a page that shows a button for each."""
    settings = resources.settings.sign_in
    is_named = resources.provider is not None
    provider = ProviderWay(label=settings.oidc.label, url=START) if is_named else None
    return SignInWays(password=True, provider=provider, proxy=bool(settings.proxy.peers))


@router.get("/whoami")
def who_am_i(caller: CurrentCaller, session: Reading, response: Response, resources: Opened) -> WhoAmI:
    """Who the credential speaks for, what was said of them elsewhere, and what became of it."""
    response.headers["Cache-Control"] = "no-store"
    return whoami.describe(session, caller, resources.settings)


@router.get("/oidc", status_code=302, response_class=RedirectResponse)
def begin_sign_in(resources: Opened, return_to: Text = "/") -> Response:
    """Send the browser to the provider."""
    begun = provider_sign_in.begin(resources, return_to)
    reply = RedirectResponse(begun.url, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    cookies.set_begun(reply, resources.settings, begun.cookie, provider_sign_in.LASTS_S)
    return reply


@router.get("/oidc/callback", status_code=303, response_class=RedirectResponse)
def finish_sign_in(
    answered: Annotated[ProviderAnswer, Query()], request: Request, resources: Opened
) -> Response:
    """Where the provider sends the browser back to; opens the session."""
    begun = request.cookies.get(credentials.sign_in_cookie(resources.settings), "")
    answer = Answer(answered.state, answered.code, answered.error, answered.iss)
    address = request.client.host if request.client else ""
    opening, return_to = provider_sign_in.finish(resources, begun, answer, address)
    reply = RedirectResponse(return_to, 303, {"Referrer-Policy": "no-referrer"})
    cookies.set_session(reply, resources.settings, opening.token)
    cookies.clear_begun(reply, resources.settings)
    return reply


@router.post("/oidc/logout")
def sign_out_everywhere(caller: SignedIn, response: Response, resources: Opened) -> SignedOut:
    """End the session here and say where the browser ends it at the provider."""
    continue_at = provider_sign_in.leave(resources, caller)
    cookies.clear_session(response, resources.settings)
    return SignedOut(continue_at=continue_at)


@router.post("/oidc/back-channel-logout")
async def hear_logout(request: Request, resources: Opened) -> Response:
    """For the provider itself (OpenID Connect Back-Channel Logout): a form with its signed `logout_token`."""
    token = await _logout_token(request)
    await run_in_threadpool(provider_sign_in.hear_logout, resources, token)
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


async def _logout_token(request: Request) -> str:
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > MAX_BODY:
            raise errors.TooLarge("A logout token is smaller")
    try:
        (token,) = parse_qs(body.decode())["logout_token"]
    except (KeyError, ValueError) as error:
        raise errors.InvalidRequest("logout_token is missing") from error
    return token
