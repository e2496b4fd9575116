"""SQL of people, groups and credentials."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from services.database.tables.identity import (
    ApiKey,
    Group,
    Membership,
    OutsideIdentity,
    Person,
    WebSession,
)
from services.identity import standing


def live_session(session: Session, token_digest: str, at: datetime) -> WebSession | None:
    """The session of a token, if it has not ended and its person is not suspended."""
    return session.scalar(
        select(WebSession)
        .join(WebSession.person)
        .where(WebSession.token_digest == token_digest, WebSession.expires_at > at, Person.is_active)
        .options(contains_eager(WebSession.person))
    )


def live_key(session: Session, key_digest: str, at: datetime) -> ApiKey | None:
    """The API key of a digest, if it is neither revoked nor expired and its owner is not suspended."""
    return session.scalar(
        select(ApiKey)
        .join(ApiKey.person)
        .where(ApiKey.key_digest == key_digest, ApiKey.revoked_at.is_(None), Person.is_active)
        .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at))
        .options(contains_eager(ApiKey.person))
    )


def group_ids_of(session: Session, person_id: str) -> frozenset[str]:
    """The groups of a person that count at this moment."""
    return standing.group_ids_of(session, person_id)


def session_by_id(session: Session, session_id: str, at: datetime) -> WebSession | None:
    return session.scalar(select(WebSession).where(WebSession.id == session_id, WebSession.expires_at > at))


def key_by_id(session: Session, key_id: str, at: datetime) -> ApiKey | None:
    """The API key, if it is neither revoked nor expired and its owner is not suspended."""
    return session.scalar(
        select(ApiKey)
        .join(ApiKey.person)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), Person.is_active)
        .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at))
        .options(contains_eager(ApiKey.person))
    )


def person_by_login(session: Session, login: str) -> Person | None:
    return session.scalar(select(Person).where(Person.login == login))


def person_by_login_locked(session: Session, login: str) -> Person | None:
    """The person, kept from being suspended or given another password until the transaction ends."""
    return session.scalar(select(Person).where(Person.login == login).with_for_update(key_share=True))


def person_with_groups(session: Session, person_id: str) -> Person | None:
    return session.get(Person, person_id, options=[selectinload(Person.groups)])


def people_after(session: Session, login: str, limit: int) -> list[Person]:
    return list(
        session.scalars(
            select(Person)
            .where(Person.login > login)
            .order_by(Person.login)
            .limit(limit)
            .options(selectinload(Person.groups))
        )
    )


def people_of(session: Session, person_ids: Iterable[str]) -> list[Person]:
    return list(session.scalars(select(Person).where(Person.id.in_(set(person_ids)))))


def outside_identities_of(session: Session, person_ids: Iterable[str]) -> dict[str, OutsideIdentity]:
    """As whom a provider or a proxy knows each of these people, if one does."""
    found = session.scalars(select(OutsideIdentity).where(OutsideIdentity.person_id.in_(set(person_ids))))
    return {known.person_id: known for known in found}


def administrators_locked(session: Session) -> list[Person]:
    """Everyone who can administer now; their rows stay locked, so that two cannot step down at once."""
    return list(
        session.scalars(select(Person).where(Person.is_admin, Person.is_active).with_for_update(of=Person))
    )


def end_sessions_of(session: Session, person_id: str) -> None:
    session.execute(delete(WebSession).where(WebSession.person_id == person_id))


def group_by_name(session: Session, name: str) -> Group | None:
    return session.scalar(select(Group).where(Group.name == name))


def groups_of(session: Session, group_ids: Iterable[str]) -> list[Group]:
    return list(session.scalars(select(Group).where(Group.id.in_(set(group_ids)))))


def groups_after(session: Session, name: str, limit: int) -> list[tuple[Group, int]]:
    """A page of groups by name, each with its number of members."""
    members = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.group_id == Group.id)
        .correlate(Group)
        .scalar_subquery()
    )
    rows = session.execute(select(Group, members).where(Group.name > name).order_by(Group.name).limit(limit))
    return [(group, count) for group, count in rows]


def member_ids(session: Session, group_id: str) -> frozenset[str]:
    return frozenset(session.scalars(select(Membership.person_id).where(Membership.group_id == group_id)))


def keys_of(session: Session, person_id: str) -> list[ApiKey]:
    """A person's keys that were not revoked, newest first."""
    return list(
        session.scalars(
            select(ApiKey)
            .where(ApiKey.person_id == person_id, ApiKey.revoked_at.is_(None))
            .order_by(ApiKey.created_at.desc(), ApiKey.id)
        )
    )
