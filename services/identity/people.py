"""People and groups: making and changing them, each act with its audit entry in the same transaction."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.tables.identity import Group, Membership, Person, ServiceAccount
from services.identity import queries

EVERYONE = "everyone"
ROLES = ("is_admin", "is_auditor", "is_active")
CHANGED_MEANWHILE = "Somebody changed this at the same time; look again"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, for the audit trail; the first start has no person behind it."""

    person_id: str = ""
    credential_id: str = ""


FIRST_START = Actor()


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What is to become of a person; None leaves a thing as it is."""

    name: str | None = None
    password_hash: str | None = None
    is_admin: bool | None = None
    is_auditor: bool | None = None
    is_active: bool | None = None
    group_ids: frozenset[str] | None = None


def normalised_login(login: str) -> str:
    """One spelling per login, however it is typed; PostgreSQL cannot even look for a NUL character."""
    return unicodedata.normalize("NFKC", login).replace("\0", "").strip().casefold()


def everyone(session: Session) -> Group:
    """The group that holds every person; made when it is first needed."""
    group = queries.group_by_name(session, EVERYONE)
    if group is None:
        group = Group(name=EVERYONE)
        session.add(group)
        session.flush()
    return group


def create_person(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    password_hash: str,
    group_ids: Iterable[str] = (),
    is_admin: bool = False,
    is_auditor: bool = False,
) -> Person:
    """Add a person; errors.Conflict where the login is taken.

    The password comes hashed: hashing takes long, and a transaction that waits for it keeps others waiting.
    """
    groups = _groups_with_everyone(session, group_ids)
    person = Person(
        login=_valid_login(login),
        name=name,
        password_hash=password_hash,
        is_admin=is_admin,
        is_auditor=is_auditor,
        groups=groups,
    )
    session.add(person)
    _flush_or_conflict(session, "This login is taken")
    roles = {"is_admin": is_admin, "is_auditor": is_auditor}
    _record(session, actor, "person.created", person.id, **roles, groups=len(groups))
    return person


def change_person(session: Session, actor: Actor, person_id: str, change: PersonChange) -> Person:
    """Apply a change; a new password or a suspension ends every session of the person."""
    keeps_admin = change.is_admin is not False and change.is_active is not False
    if not keeps_admin:
        _refuse_losing_last_admin(session, person_id)
    person = queries.person_with_groups(session, person_id)
    if person is None:
        raise errors.NotFound("There is no such person")
    if session.get(ServiceAccount, person_id) is not None and (change.password_hash or change.is_admin):
        raise errors.Conflict("A service account has no password and does not administer")
    for name in ("name", "password_hash", "is_admin", "is_auditor", "is_active"):
        value = getattr(change, name)
        if value is not None:
            setattr(person, name, value)
    if change.group_ids is not None:
        person.groups = _groups_with_everyone(session, change.group_ids)
    if change.password_hash is not None or change.is_active is False:
        queries.end_sessions_of(session, person_id)
    _flush_or_conflict(session, CHANGED_MEANWHILE)
    said = {name: getattr(change, name) for name in ROLES if getattr(change, name) is not None}
    _record(session, actor, "person.changed", person_id, changed=_changed(change), **said)
    return person


def create_group(session: Session, actor: Actor, name: str) -> Group:
    """Add a group; errors.Conflict where the name is taken."""
    group = Group(name=name)
    session.add(group)
    _flush_or_conflict(session, "There is a group of this name")
    _record(session, actor, "group.created", group.id)
    return group


def set_members(session: Session, actor: Actor, group_id: str, person_ids: frozenset[str]) -> Group:
    """Make exactly these people the group's members."""
    group = _changeable_group(session, group_id)
    if len(queries.people_of(session, person_ids)) != len(person_ids):
        raise errors.InvalidRequest("One of the people does not exist")
    before = queries.member_ids(session, group_id)
    session.execute(
        delete(Membership).where(
            Membership.group_id == group_id, Membership.person_id.in_(sorted(before - person_ids))
        )
    )
    session.add_all(Membership(person_id=person_id, group_id=group_id) for person_id in person_ids - before)
    _flush_or_conflict(session, CHANGED_MEANWHILE)
    _record(
        session,
        actor,
        "group.members_changed",
        group_id,
        added=sorted(person_ids - before),
        removed=sorted(before - person_ids),
    )
    return group


def delete_group(session: Session, actor: Actor, group_id: str) -> None:
    """Remove a group; what was granted to it is granted no longer, narrowed documents stay narrowed."""
    group = _changeable_group(session, group_id)
    session.execute(delete(Group).where(Group.id == group.id))
    _record(session, actor, "group.deleted", group_id)


def _changeable_group(session: Session, group_id: str) -> Group:
    group = session.get(Group, group_id)
    if group is None:
        raise errors.NotFound("There is no such group")
    if group.name == EVERYONE:
        raise errors.Conflict(f"The group {EVERYONE} holds every person and stays as it is")
    return group


def _groups_with_everyone(session: Session, group_ids: Iterable[str]) -> list[Group]:
    wanted = set(group_ids) | {everyone(session).id}
    groups = queries.groups_of(session, wanted)
    if len(groups) != len(wanted):
        raise errors.InvalidRequest("One of the groups does not exist")
    return sorted(groups, key=lambda group: group.name)


def _refuse_losing_last_admin(session: Session, person_id: str) -> None:
    if {admin.id for admin in queries.administrators_locked(session)} == {person_id}:
        raise errors.Conflict("This is the last administrator; name another one first")


def _valid_login(login: str) -> str:
    normalised = normalised_login(login)
    if not normalised or any(c.isspace() or not c.isprintable() for c in normalised):
        raise errors.InvalidRequest("A login has no spaces or control characters")
    return normalised


def _flush_or_conflict(session: Session, detail: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise errors.Conflict(detail) from error


def _changed(change: PersonChange) -> list[str]:
    return [name for name in PersonChange.__slots__ if getattr(change, name) is not None]


def _record(session: Session, actor: Actor, action: str, subject: str, **detail: object) -> None:
    audit.record(session, actor.person_id, action, subject, credential=actor.credential_id, **detail)
