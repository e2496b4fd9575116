"""People whom a proxy in front of us has signed in: it says who they are, and proves that it is the proxy.

It must connect from a named address and send the secret we share. Anybody else who sends its headers is
refused, so that a proxy taken out of the way opens nothing.
"""

import hmac
import ipaddress
from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from services import audit, errors
from services.database.session import now
from services.database.tables.identity import OutsideIdentity
from services.identity import outside_claims, outside_identities
from services.identity.outside_claims import Said
from services.resources import Resources
from services.settings import Settings

SECRET_HEADER = "Holdfast-Proxy-Secret"  # noqa: S105  (a name)
ISSUER = "proxy"
REFRESHED = timedelta(minutes=1)
"""What the proxy says is written down when it changes, else this often: not at every request."""


def presented(request: Request, settings: Settings) -> Said | None:
    """Whom the proxy names, None where nobody is named; errors.SignInRefused from anyone but the proxy."""
    proxy = settings.sign_in.proxy
    if not proxy.peers or proxy.user_header not in request.headers:
        return None
    if not _is_the_proxy(request, settings):
        raise errors.SignInRefused("Only the named proxy may say who asks")
    user = _only(request, proxy.user_header)
    if not user:
        raise errors.SignInRefused("The proxy names nobody")
    name = _only(request, proxy.name_header) if proxy.name_header in request.headers else ""
    values = _only(request, proxy.groups_header) if proxy.groups_header in request.headers else ""
    claims = {"groups": [value.strip() for value in values.split(",") if value.strip()]}
    return outside_claims.by_proxy(user, name, outside_claims.group_values(claims, "groups"))


def person_id(resources: Resources, said: Said) -> str:
    """The person the proxy names, taken in where they are new."""
    settings = resources.settings.sign_in
    with resources.transactions.read() as session:
        known = outside_identities.find(session, ISSUER, said.subject)
        if known is not None and _is_fresh(known, said):
            return known.person_id
    with resources.transactions.write() as session:
        is_new = known is None
        person = outside_identities.take_in(session, settings, ISSUER, said)
        if is_new:
            _record(session, person.id)
        return person.id


def _is_fresh(known: OutsideIdentity, said: Said) -> bool:
    at = now()
    return known.claims == said.shown and at - known.read_at < REFRESHED and known.expires_at > at


def _is_the_proxy(request: Request, settings: Settings) -> bool:
    proxy = settings.sign_in.proxy
    secrets = request.headers.getlist(SECRET_HEADER)
    is_right = len(secrets) == 1 and hmac.compare_digest(
        secrets[0].encode("latin-1"), proxy.secret.get_secret_value().encode()
    )
    return is_right and _is_named(request.client.host if request.client else "", settings)


def _is_named(host: str, settings: Settings) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in settings.sign_in.proxy.networks())


def _only(request: Request, header: str) -> str:
    """The header's one value: with two, the second may be the one a client smuggled in."""
    values = request.headers.getlist(header)
    if len(values) != 1:
        raise errors.SignInRefused(f"The proxy sends {header} more than once")
    return _text(values[0]).strip()


def _text(value: str) -> str:
    """Headers are bytes; what was sent as UTF-8 is read as it."""
    try:
        return value.encode("latin-1").decode()
    except (UnicodeDecodeError, UnicodeEncodeError):
        return value


def _record(session: Session, who: str) -> None:
    audit.record(session, who, "session.opened", who, way="proxy")
