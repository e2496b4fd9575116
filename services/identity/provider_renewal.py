"""Reading a person's claims at the provider again before they expire, beside the request that needs them.

One request does it while the others go on with the claims there are, or wait for it where those have
expired. A provider that says no ends the session; one that does not answer lets the claims expire.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from services import audit, errors
from services.adapters.oidc_provider import OidcProvider, Tokens
from services.database.session import now
from services.database.tables.identity import OutsideIdentity, WebSession
from services.identity import credentials, outside_claims, outside_identities
from services.resources import Resources
from services.settings import Settings

SHARE = 2 / 3
"""Of their lifetime; after that claims are read again."""
LEASE = timedelta(seconds=60)
AGAIN_AFTER = timedelta(seconds=10)
WAIT_S = 10.0
POLL_S = 0.1
PURPOSE = "provider tokens"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the request that reads the claims again goes by."""

    session_id: str
    person_id: str
    subject: str
    tokens: Tokens


def sealed(settings: Settings, tokens: Tokens) -> str:
    return credentials.seal(settings, PURPOSE, json.dumps(asdict(tokens)))


def unsealed(settings: Settings, text: str) -> Tokens | None:
    """None where there are none, or where the secret key has been changed since."""
    found = credentials.unseal(settings, PURPOSE, text) if text else None
    return Tokens(**json.loads(found)) if found else None


def is_due(session: Session, found: WebSession) -> bool:
    """Whether the session's claims are old and can be read again."""
    known = session.get(OutsideIdentity, found.person_id) if found.provider_tokens else None
    if known is None:
        return False
    return now() - known.read_at >= (known.expires_at - known.read_at) * SHARE


def renew(resources: Resources, session_id: str) -> None:
    """Read the claims again; errors.NotSignedIn where the provider no longer vouches for the session."""
    provider = resources.provider
    if provider is None:
        return
    turn = _take_turn(resources, session_id, provider.issuer)
    if turn is None:
        _await_another(resources, session_id)
    else:
        _ask(resources, provider, turn)


def _take_turn(resources: Resources, session_id: str, issuer: str) -> _Turn | None:
    """None where another request is at it, or where it was tried a moment ago."""
    with resources.transactions.write() as session:
        found = session.get(WebSession, session_id)
        if found is None:
            raise errors.NotSignedIn
        taken = session.scalar(
            update(OutsideIdentity)
            .where(OutsideIdentity.person_id == found.person_id, OutsideIdentity.issuer == issuer)
            .where(or_(OutsideIdentity.renewing_until.is_(None), OutsideIdentity.renewing_until < now()))
            .values(renewing_until=now() + LEASE)
            .returning(OutsideIdentity.subject)
        )
        tokens = unsealed(resources.settings, found.provider_tokens)
        return _Turn(session_id, found.person_id, taken, tokens) if taken and tokens else None


def _ask(resources: Resources, provider: OidcProvider, turn: _Turn) -> None:
    settings = resources.settings.sign_in
    try:
        claims, tokens = provider.renew(turn.tokens, turn.subject)
        said = outside_claims.by_provider(claims, settings)
    except errors.SignInRefused:
        _end(resources, turn)
        raise
    except errors.HoldfastError as error:
        _log.warning("claims could not be read again", extra={"reason": error.code})
        with resources.transactions.write() as session:
            _set_pause(session, turn)
        return
    with resources.transactions.write() as session:
        known = session.get(OutsideIdentity, turn.person_id)
        found = session.get(WebSession, turn.session_id)
        if known is None or found is None:
            raise errors.NotSignedIn
        outside_identities.believe(known, settings, said)
        found.provider_tokens = sealed(resources.settings, tokens)


def _set_pause(session: Session, turn: _Turn) -> None:
    session.execute(
        update(OutsideIdentity)
        .where(OutsideIdentity.person_id == turn.person_id)
        .values(renewing_until=now() + AGAIN_AFTER)
    )


def _end(resources: Resources, turn: _Turn) -> None:
    with resources.transactions.write() as session:
        found = session.get(WebSession, turn.session_id)
        if found is not None:
            session.delete(found)
        outside_identities.believe_no_longer(session, [turn.person_id])
        _set_pause(session, turn)
        audit.record(
            session,
            turn.person_id,
            "session.closed",
            turn.person_id,
            credential=turn.session_id,
            by="provider",
        )


def _await_another(resources: Resources, session_id: str) -> None:
    """Go on once the claims count again, nobody reads them any more, or it has taken too long."""
    ends_at = time.monotonic() + WAIT_S
    while time.monotonic() < ends_at:
        with resources.transactions.read() as session:
            found = session.get(WebSession, session_id)
            if found is None:
                raise errors.NotSignedIn
            known = session.get(OutsideIdentity, found.person_id)
            if known is None or known.expires_at > now():
                return
            if known.renewing_until is None or known.renewing_until <= now() + AGAIN_AFTER:
                return
        time.sleep(POLL_S)
