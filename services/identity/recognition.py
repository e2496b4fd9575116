"""Who is behind a request, found anew each time from its API key, its proxy's headers or its cookie."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.requests import Request

from services import errors
from services.database.session import now
from services.database.tables.identity import ApiKey, Person, ServiceAccount
from services.identity import (
    assertions,
    credentials,
    last_use,
    provider_renewal,
    queries,
    standing,
    trusted_proxy,
)
from services.identity.caller import BARE, EVERYBODYS, Caller, Carrier, keyable_scopes, session_scopes
from services.identity.outside_claims import Said
from services.resources import Resources

UNKNOWN_KEY = "The API key is unknown, expired or revoked"


def identify(request: Request, resources: Resources) -> Caller:
    """The caller of a request, or errors.NotSignedIn; blocking, in short transactions of its own."""
    key = credentials.presented_key(request)
    if key is not None:
        return _by_key(key, assertions.presented(request), resources)
    said = trusted_proxy.presented(request, resources.settings)
    if said is not None:
        return _by_proxy(request, said, resources)
    token = credentials.presented_session(request, resources.settings)
    if token is None:
        raise errors.NotSignedIn()
    caller = _by_session(token, resources)
    credentials.refuse_forgery(request, resources.settings, token)
    return caller


def look_again(caller: Caller, resources: Resources) -> Caller:
    """The caller as they are at this moment; errors.NotSignedIn where they no longer are one.

    For what lasts: a stream asks before it sends more.
    """
    with resources.transactions.read() as session:
        return now_in(session, caller)


def now_in(session: Session, caller: Caller) -> Caller:
    """As `look_again`, in a transaction that is there already."""
    if caller.via == "api_key" and queries.key_by_id(session, caller.credential_id, now()) is None:
        raise errors.NotSignedIn(UNKNOWN_KEY)
    if caller.account_id:
        account = session.get(ServiceAccount, caller.account_id)
        if account is None or not account.public_key:
            raise errors.NotSignedIn("The account may act for nobody any more")
    if caller.via == "session" and queries.session_by_id(session, caller.credential_id, now()) is None:
        raise errors.NotSignedIn("The session has ended")
    person = session.get(Person, caller.person_id)
    if person is None or not person.is_active:
        raise errors.NotSignedIn()
    stands = standing.of(session, person)
    account_groups = standing.group_ids_of(session, caller.account_id) if caller.account_id else None
    return replace(
        caller,
        group_ids=stands.group_ids,
        is_admin=caller.is_admin and stands.is_admin,
        account_group_ids=account_groups,
        has_expired=stands.has_expired,
    )


def renew(caller: Caller, resources: Resources) -> None:
    """Have the claims behind the session read again where it is time; for work that outlasts them."""
    if caller.via != "session":
        return
    with resources.transactions.read() as session:
        found = queries.session_by_id(session, caller.credential_id, now())
        if found is None or not provider_renewal.is_due(session, found):
            return
    provider_renewal.renew(resources, caller.credential_id)


def _by_session(token: str, resources: Resources) -> Caller:
    with resources.transactions.read() as session:
        found = queries.live_session(session, credentials.digest(token), now())
        if found is None:
            raise errors.NotSignedIn()
        if not provider_renewal.is_due(session, found):
            return _signed_in(session, found.person, found.id, "session")
    provider_renewal.renew(resources, found.id)
    with resources.transactions.read() as session:
        found = queries.live_session(session, credentials.digest(token), now())
        if found is None:
            raise errors.NotSignedIn()
        return _signed_in(session, found.person, found.id, "session")


def _by_proxy(request: Request, said: Said, resources: Resources) -> Caller:
    person_id = trusted_proxy.person_id(resources, said)
    with resources.transactions.read() as session:
        person = session.get(Person, person_id)
        if person is None or not person.is_active:
            raise errors.NotSignedIn()
        caller = _signed_in(session, person, "", "proxy")
    # The browser sends what the proxy knows it by on its own, also when another site makes it ask.
    credentials.refuse_forgery(request, resources.settings, credentials.by_proxy(person_id))
    return caller


def _by_key(key: str, assertion: str | None, resources: Resources) -> Caller:
    digest = credentials.digest(key)
    if assertion is None:
        with resources.transactions.read() as session:
            found = _live_key(session, digest)
            caller = _with_key(session, found, resources)
    else:
        with resources.transactions.write() as session:
            found = _live_key(session, digest)
            caller = _acting(session, found, assertion, resources)
    last_use.note(resources.transactions, found.id, found.last_used_at)
    return caller


def _live_key(session: Session, digest: str) -> ApiKey:
    found = queries.live_key(session, digest, now())
    if found is None:
        raise errors.NotSignedIn(UNKNOWN_KEY)
    return found


def _signed_in(session: Session, person: Person, credential_id: str, via: Carrier) -> Caller:
    stands = standing.of(session, person)
    return Caller(
        person_id=person.id,
        login=person.login,
        name=person.name,
        is_admin=stands.is_admin,
        group_ids=stands.group_ids,
        scopes=session_scopes(stands.is_admin, stands.is_auditor),
        credential_id=credential_id,
        via=via,
        has_expired=stands.has_expired,
    )


def _with_key(session: Session, key: ApiKey, resources: Resources) -> Caller:
    stands = standing.of(session, key.person)
    may_have = keyable_scopes(stands.is_admin, resources.settings, is_auditor=stands.is_auditor)
    scopes = may_have & frozenset(key.scopes)
    return Caller(
        person_id=key.person.id,
        login=key.person.login,
        name=key.person.name,
        is_admin=stands.is_admin and "admin" in scopes,
        group_ids=stands.group_ids,
        scopes=scopes,
        credential_id=key.id,
        via="api_key",
        collection_ids=None if key.collection_ids is None else frozenset(key.collection_ids),
        has_expired=stands.has_expired,
    )


def _acting(session: Session, key: ApiKey, assertion: str, resources: Resources) -> Caller:
    """The person the account acts for, with what both may do; nobody administers through somebody else."""
    account = _with_key(session, key, resources)
    person = assertions.person_acted_for(session, key, assertion)
    stands = standing.of(session, person)
    return replace(
        account,
        person_id=person.id,
        login=person.login,
        name=person.name,
        is_admin=False,
        group_ids=stands.group_ids,
        scopes=account.scopes & (EVERYBODYS | BARE),
        account_id=account.person_id,
        account_group_ids=account.group_ids,
        has_expired=stands.has_expired,
    )
