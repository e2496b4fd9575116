"""What must be there before anyone can sign in, made so that doing it twice changes nothing."""

from collections.abc import Iterable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.database.tables.identity import Group, Person
from services.identity import passwords, people, queries


def ensure_first_admin(session: Session, login: str, password: str) -> Person | None:
    """The first administrator, just created; None where somebody administers already."""
    people.everyone(session)
    if session.scalar(select(exists().where(Person.is_admin))):
        return None
    return people.create_person(
        session,
        people.FIRST_START,
        login=login,
        name="Administrator",
        password_hash=passwords.hash_password(password),
        is_admin=True,
    )


def ensure_group(session: Session, name: str) -> Group:
    """The group of this name, made if missing."""
    found = queries.group_by_name(session, name)
    return found or people.create_group(session, people.FIRST_START, name)


def ensure_person(
    session: Session,
    login: str,
    name: str,
    password: str,
    groups: Iterable[str] = (),
    *,
    is_admin: bool = False,
) -> Person:
    """The person of this login, made if missing; one who is there only gains the groups."""
    wanted = [ensure_group(session, group) for group in groups]
    found = queries.person_by_login(session, people.normalised_login(login))
    if found is not None:
        found.groups.extend(group for group in wanted if group not in found.groups)
        return found
    return people.create_person(
        session,
        people.FIRST_START,
        login=login,
        name=name,
        password_hash=passwords.hash_password(password),
        group_ids=[group.id for group in wanted],
        is_admin=is_admin,
    )
