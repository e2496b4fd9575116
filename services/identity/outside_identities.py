"""People known from elsewhere: taken in when they first come; what was said of them counts for a while."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services import errors
from services.database.session import now
from services.database.tables.identity import OutsideIdentity, Person
from services.identity import people, queries
from services.identity.outside_claims import Said
from services.settings import SignIn

REFUSED = "Signing in is refused; ask an administrator"
TAKEN = "Somebody else is called so here already; ask an administrator"


def take_in(session: Session, settings: SignIn, issuer: str, said: Said) -> Person:
    """The person it was said of, made if they are new; errors.SignInRefused where they may not come in.

    Nobody is found by their name: a provider that lets people choose one could make them anybody.
    """
    known = find(session, issuer, said.subject)
    if known is None:
        person = _make(session, said)
        known = OutsideIdentity(person_id=person.id, issuer=issuer, subject=said.subject)
        session.add(known)
    else:
        person = session.get_one(Person, known.person_id)
    if not person.is_active:
        raise errors.SignInRefused(REFUSED)
    believe(known, settings, said)
    if said.name and person.name != said.name:
        person.name = said.name
    session.flush()
    return person


def find(session: Session, issuer: str, subject: str) -> OutsideIdentity | None:
    return session.scalar(
        select(OutsideIdentity).where(OutsideIdentity.issuer == issuer, OutsideIdentity.subject == subject)
    )


def believe(known: OutsideIdentity, settings: SignIn, said: Said) -> None:
    """Let what was said count from now on, for as long as the settings allow."""
    known.claims = said.shown
    known.group_names = said.group_names(settings)
    known.is_admin = said.is_admin(settings)
    known.is_auditor = said.is_auditor(settings)
    known.read_at = now()
    known.expires_at = lasting_until(settings, known.read_at)
    known.renewing_until = None


def lasting_until(settings: SignIn, at: datetime) -> datetime:
    return at + timedelta(minutes=settings.groups_minutes)


def believe_no_longer(session: Session, person_ids: list[str]) -> None:
    """What was said of these people counts for nothing from this moment."""
    session.execute(
        update(OutsideIdentity).where(OutsideIdentity.person_id.in_(person_ids)).values(expires_at=now())
    )


def _make(session: Session, said: Said) -> Person:
    """A new person, under the first of their names that nobody has whom a provider knows, too.

    A name says nothing of who somebody is: two subjects of one name are two people. One that was given to
    somebody here is refused all the same, for people would take the one for the other.
    """
    for login in said.logins:
        namesake = queries.person_by_login(session, people.normalised_login(login[:200]))
        if namesake is not None:
            if session.get(OutsideIdentity, namesake.id) is None:
                raise errors.SignInRefused(TAKEN)
            continue
        try:
            return people.create_person(
                session, people.FIRST_START, login=login[:200], name=said.name, password_hash=""
            )
        except errors.InvalidRequest:  # a login has no spaces; the next best then
            continue
    raise errors.SignInRefused(REFUSED)
