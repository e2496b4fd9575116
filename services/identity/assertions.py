"""An application that acts for a person: its service account signs for whom, anew each time.

The header holds a JWT signed with the account's registered key (EdDSA, ES256 or RS256):

    iss  the account's id          aud  "holdfast"        sub  the person's login, or their id here
    iat, exp  five minutes apart at most                  jti  8 characters or more, another one each time

A login that a provider's claim brought is only a label, which whoever came first has: it names nobody here.
Such a person is named as the provider does, with `sub_iss` (its issuer) and `sub` (their subject there), or
by their id.

The request carries an API key of the same account. What comes of it may do what both may do and reads what
both may read; the audit trail names the account, the person and the key.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request

from services import audit, errors
from services.adapters import signed_tokens
from services.database.tables.identity import ApiKey, OutsideIdentity, Person, ServiceAccount
from services.identity import outside_identities, people, queries, used_tokens

HEADER = "Holdfast-Acting-For"
AUDIENCE = "holdfast"
NOBODY = "There is nobody of this name whom an account may act for"


def presented(request: Request) -> str | None:
    """The assertion of the request, None where there is none."""
    values = request.headers.getlist(HEADER)
    if len(values) > 1:
        raise errors.SignInRefused(f"{HEADER} was sent more than once")
    return values[0] if values else None


def person_acted_for(session: Session, key: ApiKey, raw: str) -> Person:
    """Whom the key's account acts for in this request; errors.SignInRefused where that is not proven."""
    account = session.get(ServiceAccount, key.person_id)
    if account is None or not account.public_key:
        raise errors.SignInRefused("This key's owner may not act for anybody: no public key is registered")
    claims = signed_tokens.read_assertion(
        raw,
        signed_tokens.public_key(account.public_key),
        issuer=account.person_id,
        audience=AUDIENCE,
    )
    until = datetime.fromtimestamp(claims["exp"], UTC)
    used_tokens.use_once(session, account.person_id, claims["jti"], until)
    person = person_named(session, claims)
    if person is None or not person.is_active or session.get(ServiceAccount, person.id) is not None:
        raise errors.SignInRefused(NOBODY)
    audit.record(session, account.person_id, "account.acted", person.id, credential=key.id)
    return person


def person_named(session: Session, claims: signed_tokens.Claims) -> Person | None:
    """The person the claims name beyond doubt, if they do."""
    name, issuer = claims["sub"], claims.get("sub_iss")
    if issuer is not None:
        known = outside_identities.find(session, issuer, name) if isinstance(issuer, str) else None
        return session.get(Person, known.person_id) if known else None
    if person := session.get(Person, name):
        return person
    person = queries.person_by_login(session, people.normalised_login(name))
    known = session.get(OutsideIdentity, person.id) if person else None
    if known is None:
        return person
    return person if known.subject == name and not _is_said_twice(session, known) else None


def _is_said_twice(session: Session, known: OutsideIdentity) -> bool:
    """Whether another issuer knows somebody by the same subject."""
    others = OutsideIdentity.issuer != known.issuer
    found = select(OutsideIdentity.person_id).where(OutsideIdentity.subject == known.subject, others)
    return session.scalar(found.limit(1)) is not None
