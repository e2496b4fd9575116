"""To whom a collection is granted: groups and single people, as readers, contributors or curators."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services import errors
from services.database import scopes
from services.database.tables.identity import Group, Person
from services.database.tables.library import CollectionGrant, CollectionPerson
from services.documents.schemas import CollectionCreate, CollectionPatch, Grant, GroupRef, PersonRef, Role
from services.identity import permissions
from services.identity.permissions import CONTRIBUTE, CURATE, READ, Access

ROLES: Mapping[str, Role] = {READ: "reader", CONTRIBUTE: "contributor", CURATE: "curator"}
_Table = type[CollectionGrant] | type[CollectionPerson]
_Wanted = Mapping[Access, Sequence[str] | None]


class Granted(NamedTuple):
    """What was granted otherwise than before, for the trail: `ID:ACCESS`, and `ID:` where it was taken."""

    groups: list[str]
    people: list[str]
    people_access: list[str]


def grant(session: Session, collection_id: str, wanted: CollectionCreate | CollectionPatch) -> Granted:
    """Exactly those who are named have a role; one that is not mentioned stays with whom it is.

    Who is named for two has the higher one, and who has a higher one already keeps it.
    """
    groups: _Wanted = {
        READ: wanted.reader_group_ids,
        CONTRIBUTE: wanted.contributor_group_ids,
        CURATE: wanted.curator_group_ids,
    }
    people: _Wanted = {
        READ: wanted.reader_person_ids,
        CONTRIBUTE: wanted.contributor_person_ids,
        CURATE: wanted.curator_person_ids,
    }
    scopes.require_groups(session, sorted(_named(groups)))
    _require_people(session, _named(people))
    to_groups = _apply(session, CollectionGrant, collection_id, groups)
    to_people = _apply(session, CollectionPerson, collection_id, people)
    return Granted(
        groups=[f"{one}:{access}" for one, access in sorted(to_groups.items())],
        people=sorted(to_people),
        people_access=[to_people[one] for one in sorted(to_people)],
    )


def to_groups(session: Session, collection_id: str, access: Access, group_ids: Sequence[str]) -> None:
    """Exactly these groups have this access, where they have none that is higher."""
    wanted: _Wanted = {level: group_ids if level == access else None for level in permissions.LEVELS}
    _apply(session, CollectionGrant, collection_id, wanted)


def of_collections(session: Session, collection_ids: Sequence[str]) -> dict[str, list[Grant]]:
    """All grants of each collection, groups before people, by name."""
    found: dict[str, list[Grant]] = {one: [] for one in collection_ids}
    for given, group in session.execute(
        select(CollectionGrant, Group)
        .join(Group, Group.id == CollectionGrant.group_id)
        .where(CollectionGrant.collection_id.in_(collection_ids))
        .order_by(Group.name)
    ):
        told = GroupRef(id=group.id, name=group.name)
        found[given.collection_id].append(Grant(role=ROLES[given.access], group=told))
    for theirs, person in session.execute(
        select(CollectionPerson, Person)
        .join(Person, Person.id == CollectionPerson.person_id)
        .where(CollectionPerson.collection_id.in_(collection_ids))
        .order_by(Person.login)
    ):
        named = PersonRef(id=person.id, login=person.login, name=person.name)
        found[theirs.collection_id].append(Grant(role=ROLES[theirs.access], person=named))
    return found


def resolved(before: Mapping[str, str], wanted: _Wanted) -> dict[str, str]:
    """Who has which access afterwards."""
    after = dict(before)
    for level in reversed(permissions.LEVELS):
        named = wanted[level]
        if named is None:
            continue
        higher = permissions.LEVELS[permissions.LEVELS.index(level) + 1 :]
        after = {one: access for one, access in after.items() if access != level or one in named}
        after |= {one: level for one in named if after.get(one) not in higher}
    return after


def _apply(session: Session, table: _Table, collection_id: str, wanted: _Wanted) -> dict[str, str]:
    who = CollectionGrant.group_id if table is CollectionGrant else CollectionPerson.person_id
    rows = session.execute(select(who, table.access).where(table.collection_id == collection_id)).all()
    before: dict[str, str] = {row[0]: row[1] for row in rows}
    after = resolved(before, wanted)
    changed = {one: after.get(one, "") for one in {*before, *after} if before.get(one) != after.get(one)}
    session.execute(delete(table).where(table.collection_id == collection_id, who.in_(sorted(changed))))
    session.add_all(
        table(**{"collection_id": collection_id, who.key: one, "access": access})
        for one, access in changed.items()
        if access
    )
    session.flush()
    return changed


def _named(wanted: _Wanted) -> set[str]:
    return {one for named in wanted.values() for one in named or ()}


def _require_people(session: Session, person_ids: set[str]) -> None:
    found = set(session.scalars(select(Person.id).where(Person.id.in_(person_ids))))
    if found != person_ids:
        raise errors.InvalidRequest("One of the people does not exist")
