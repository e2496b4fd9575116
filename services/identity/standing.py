"""Where a person stands at this moment: their groups, and whether they administer or audit.

Groups given here last until they are taken away. What a provider or a proxy said of a person counts until it
expires, and with it everything else of theirs: an expired set reads nothing, not even what everyone reads.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.session import now
from services.database.tables.identity import Group, Membership, OutsideIdentity, Person


@dataclass(frozen=True, slots=True)
class Standing:
    group_ids: frozenset[str]
    is_admin: bool
    is_auditor: bool = False
    has_expired: bool = False


NOWHERE = Standing(frozenset(), is_admin=False, has_expired=True)


def of(session: Session, person: Person) -> Standing:
    known = session.get(OutsideIdentity, person.id)
    if known is None:
        return Standing(_memberships(session, person.id), person.is_admin, person.is_auditor)
    if known.expires_at <= now():
        return NOWHERE
    groups = _memberships(session, person.id) | _named(session, known)
    return Standing(groups, person.is_admin or known.is_admin, person.is_auditor or known.is_auditor)


def group_ids_of(session: Session, person_id: str) -> frozenset[str]:
    """The groups that count now, also for somebody who is not there."""
    person = session.get(Person, person_id)
    return of(session, person).group_ids if person else frozenset()


def _memberships(session: Session, person_id: str) -> frozenset[str]:
    return frozenset(session.scalars(select(Membership.group_id).where(Membership.person_id == person_id)))


def _named(session: Session, known: OutsideIdentity) -> frozenset[str]:
    return frozenset(session.scalars(select(Group.id).where(Group.name.in_(known.group_names))))
