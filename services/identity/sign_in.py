"""Signing in with a password, and out.

The password is checked between two short transactions, so that no database lock is held for the tenth of a
second that it takes. Every refusal says the same sentence, whether login, password or suspension was it.
"""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.tables.identity import Person, WebSession
from services.identity import credentials, passwords, people, queries, sessions, throttle
from services.identity.caller import Caller
from services.identity.sessions import Opening
from services.resources import Resources

REFUSAL = "The login or the password is wrong"


def open_session(resources: Resources, login: str, password: str, address: str) -> Opening:
    """Sign in; errors.NotSignedIn where it fails, errors.TooManyRequests where it was tried too often."""
    login = people.normalised_login(login)
    tried = throttle.subjects(resources.settings, login, address)
    throttle.require_allowed(resources.transactions, tried)
    with resources.transactions.read() as session:
        person = queries.person_by_login(session, login)
    known_hash = person.password_hash if person else ""
    is_right = passwords.is_right(known_hash, password)
    fresh_hash = passwords.hash_password(password) if is_right and passwords.is_outdated(known_hash) else None
    with resources.transactions.write() as session:
        opening = _open(session, resources, login, known_hash) if is_right else None
        if opening is None:
            _record_refusal(session, resources, login)
        else:
            throttle.forgive(session, tried)
            _replace_hash(session, opening.person_id, fresh_hash)
    if opening is None:
        raise errors.NotSignedIn(REFUSAL)
    return opening


def close_session(session: Session, caller: Caller) -> None:
    """Sign out: the cookie's session is gone at once."""
    caller.require_session()
    session.execute(delete(WebSession).where(WebSession.id == caller.credential_id))
    audit.record(
        session, caller.person_id, "session.closed", caller.person_id, credential=caller.credential_id
    )


def change_own_password(resources: Resources, caller: Caller, current: str, new: str, address: str) -> None:
    """Give oneself another password; every session ends, this one too."""
    caller.require_session()
    tried = throttle.subjects(resources.settings, caller.login, address)
    throttle.require_allowed(resources.transactions, tried)
    with resources.transactions.read() as session:
        known_hash = session.scalars(select(Person.password_hash).where(Person.id == caller.person_id)).one()
    if not passwords.is_right(known_hash, current):
        raise errors.Forbidden("The current password is wrong")
    new_hash = passwords.hash_password(new)
    with resources.transactions.write() as session:
        person = session.get(Person, caller.person_id, with_for_update=True)
        if person is None or person.password_hash != known_hash:
            raise errors.Conflict("The password was changed at the same time")
        person.password_hash = new_hash
        queries.end_sessions_of(session, caller.person_id)
        throttle.forgive(session, tried)
        audit.record(
            session,
            caller.person_id,
            "person.changed",
            caller.person_id,
            credential=caller.credential_id,
            changed=["password_hash"],
        )


def _open(session: Session, resources: Resources, login: str, checked_hash: str) -> Opening | None:
    person = queries.person_by_login_locked(session, login)
    # The person may have been suspended or given another password since theirs was checked.
    if person is None or not person.is_active or person.password_hash != checked_hash:
        return None
    return sessions.open_for(session, resources.settings, person.id, way="password")


def _record_refusal(session: Session, resources: Resources, login: str) -> None:
    person = queries.person_by_login(session, login)
    subject = person.id if person else credentials.keyed_digest(resources.settings, "login", login)
    audit.record(session, "", "session.refused", subject)


def _replace_hash(session: Session, person_id: str, fresh_hash: str | None) -> None:
    person = session.get(Person, person_id)
    if person is not None and fresh_hash is not None:
        person.password_hash = fresh_hash
