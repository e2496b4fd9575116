"""Signing in at a provider, and out: the authorization code flow with PKCE, state and nonce.

What a sign-in was begun with lies in a sealed cookie of the browser that began it, so that an answer that
comes to another browser, or a second time, is worth nothing.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.adapters.oidc_provider import OidcProvider
from services.database.tables.identity import OutsideIdentity, WebSession
from services.identity import (
    credentials,
    outside_claims,
    outside_identities,
    provider_renewal,
    sessions,
    throttle,
    used_tokens,
)
from services.identity.caller import Caller
from services.identity.sessions import Opening
from services.resources import Resources

BEGUN = "sign-in begun"
LASTS_S = 600
LOGOUT_KEPT_S = 600
# A page of our own: a path, and none that a browser reads as another host.
_OWN_PAGE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the cookie it takes along."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser came back with."""

    state: str
    code: str
    error: str
    issuer: str


def begin(resources: Resources, return_to: str) -> Begun:
    """A sign-in begun; afterwards the browser comes to `return_to`, a page of ours."""
    if not _OWN_PAGE.fullmatch(return_to):
        raise errors.InvalidRequest("return_to is a path on this host, such as /")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = require_provider(resources).authorization_url(state, nonce, verifier)
    kept = {"state": state, "nonce": nonce, "verifier": verifier, "return_to": return_to}
    return Begun(url, credentials.seal(resources.settings, BEGUN, json.dumps(kept)))


def finish(resources: Resources, cookie: str, answer: Answer, address: str) -> tuple[Opening, str]:
    """The session that a sign-in led to and the page to show; errors.SignInRefused where it led nowhere.

    Tries are counted before anything else, since each refusal is a row in the trail: per sign-in those that
    bring its own cookie, and per address, which a whole company shares behind a proxy, only the others.
    """
    require_provider(resources)
    kept = _kept(resources, cookie, answer.state)
    settings = resources.settings
    tried = throttle.of_sign_in(settings, answer.state) if kept else throttle.at_provider(settings, address)
    throttle.require_allowed(resources.transactions, tried)
    try:
        opened = _finish(resources, kept, answer)
    except errors.SignInRefused as refusal:
        with resources.transactions.write() as session:
            audit.record(session, "", "session.refused", "", way="provider", code=refusal.code)
        raise
    with resources.transactions.write() as session:
        throttle.forgive(session, tried)
    return opened


def _finish(resources: Resources, kept: Mapping[str, str] | None, answer: Answer) -> tuple[Opening, str]:
    provider = require_provider(resources)
    if kept is None:
        raise errors.SignInRefused("This answers no sign-in that this browser began just now; begin again")
    if answer.issuer not in ("", provider.issuer):
        raise errors.SignInRefused("Another provider answered")
    if answer.error or not answer.code:
        raise errors.SignInRefused("The provider did not sign you in")
    claims, tokens = provider.redeem(answer.code, kept["verifier"], kept["nonce"])
    said = outside_claims.by_provider(claims, resources.settings.sign_in)
    with resources.transactions.write() as session:
        person = outside_identities.take_in(session, resources.settings.sign_in, provider.issuer, said)
        opening = sessions.open_for(
            session,
            resources.settings,
            person.id,
            way="provider",
            provider_sid=str(claims.get("sid", ""))[:200],
            provider_tokens=provider_renewal.sealed(resources.settings, tokens),
        )
    return opening, kept["return_to"]


def _kept(resources: Resources, cookie: str, state: str) -> Mapping[str, str] | None:
    """What the sign-in of this state was begun with; None where it was not this browser, or too long ago."""
    found = credentials.unseal(resources.settings, BEGUN, cookie, LASTS_S)
    kept: Mapping[str, str] | None = json.loads(found) if found is not None else None
    if kept is None or not hmac.compare_digest(kept["state"].encode(), state.encode()):
        return None
    return kept


def leave(resources: Resources, caller: Caller) -> str | None:
    """End the session here; returns where the browser ends it at the provider, where it was opened there."""
    caller.require_session()
    with resources.transactions.write() as session:
        found = session.get(WebSession, caller.credential_id)
        tokens = provider_renewal.unsealed(resources.settings, found.provider_tokens) if found else None
        if found is not None:
            session.delete(found)
        audit.record(
            session, caller.person_id, "session.closed", caller.person_id, credential=caller.credential_id
        )
    if tokens is None or resources.provider is None:
        return None
    try:
        return resources.provider.logout_url(tokens.id_token)
    except errors.HoldfastError:
        return None  # signed out here all the same


def hear_logout(resources: Resources, raw: str) -> None:
    """The provider says that a session, or all of a person's, has ended there: they end here at once.

    What it said of the person before counts no longer, so that keys of theirs read nothing either.
    """
    provider = require_provider(resources)
    claims = provider.read_logout_token(raw)
    until = datetime.fromtimestamp(claims["iat"] + LOGOUT_KEPT_S, UTC)
    with resources.transactions.write() as session:
        used_tokens.use_once(session, provider.issuer, claims["jti"], until)
        ended = _sessions_meant(session, provider.issuer, claims)
        session.execute(delete(WebSession).where(WebSession.id.in_([found.id for found in ended])))
        people = {found.person_id for found in ended} | _people_meant(session, provider.issuer, claims)
        outside_identities.believe_no_longer(session, sorted(people))
        for person_id in sorted(people):
            audit.record(session, person_id, "session.closed", person_id, by="provider")


def _people_meant(session: Session, issuer: str, claims: Mapping[str, str]) -> set[str]:
    known = outside_identities.find(session, issuer, claims["sub"]) if "sub" in claims else None
    return {known.person_id} if known else set()


def _sessions_meant(session: Session, issuer: str, claims: Mapping[str, str]) -> list[WebSession]:
    """The named session, or all that the named person opened at the provider."""
    query = (
        select(WebSession)
        .join(OutsideIdentity, OutsideIdentity.person_id == WebSession.person_id)
        .where(OutsideIdentity.issuer == issuer)
    )
    if claims.get("sid"):
        query = query.where(WebSession.provider_sid == claims["sid"][:200])
    if claims.get("sub"):
        query = query.where(OutsideIdentity.subject == claims["sub"])
    return list(session.scalars(query))


def require_provider(resources: Resources) -> OidcProvider:
    if resources.provider is None:
        raise errors.NotFound("No sign-in provider is named in the settings")
    return resources.provider
