"""The roles of a person, and where each comes from."""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.tables.identity import Group, OutsideIdentity, Person
from services.database.tables.library import Collection, CollectionGrant, CollectionPerson
from services.identity import permissions
from services.identity.caller import Caller
from services.identity.schemas import GroupName
from services.settings import Settings

Role = Literal["reader", "contributor", "curator", "auditor", "admin"]
OF_COLLECTION: dict[str, Role] = {"read": "reader", "contribute": "contributor", "curate": "curator"}


class CollectionName(BaseModel):
    id: str
    name: str


class RoleHeld(BaseModel):
    """One role and why it is held; a collection's role may be held for several reasons.

    `given_by`: `everybody` (who reads what is granted to them), `person` (an administrator gave it to them),
    `group` (through `group`), `claim` (what was said of them elsewhere names `claim`).
    """

    role: Role
    collection: CollectionName | None = None
    given_by: Literal["everybody", "person", "group", "claim"]
    group: GroupName | None = None
    claim: str | None = None


def held(session: Session, caller: Caller, settings: Settings) -> list[RoleHeld]:
    """All of the person's that count now; where an account acts for them, those that both have part in."""
    if caller.has_expired:
        return []
    everybodys = RoleHeld(role="reader", given_by="everybody")
    return [everybodys, *_of_all(session, caller, settings), *_of_collections(session, caller)]


def _of_all(session: Session, caller: Caller, settings: Settings) -> list[RoleHeld]:
    if caller.account_id:
        return []
    person = session.get_one(Person, caller.person_id)
    found: list[RoleHeld] = []
    if person.is_admin:
        found.append(RoleHeld(role="admin", given_by="person"))
    if person.is_auditor:
        found.append(RoleHeld(role="auditor", given_by="person"))
    return found + _claimed(session, caller, settings) + _looking(session, caller, settings)


def _claimed(session: Session, caller: Caller, settings: Settings) -> list[RoleHeld]:
    known = session.get(OutsideIdentity, caller.person_id)
    if known is None:
        return []
    sign_in = settings.sign_in
    said = set(known.claims.get(sign_in.oidc.groups_claim, known.claims.get("groups", [])))
    mapped: list[tuple[Role, tuple[str, ...], bool]] = [
        ("admin", sign_in.admin_groups, known.is_admin),
        ("auditor", sign_in.auditor_groups, known.is_auditor),
    ]
    return [
        RoleHeld(role=role, given_by="claim", claim=claim)
        for role, names, counts in mapped
        for claim in sorted(said & set(names))
        if counts
    ]


def _looking(session: Session, caller: Caller, settings: Settings) -> list[RoleHeld]:
    """Groups here that the settings let look through the trail."""
    names = settings.audit.reader_groups
    query = select(Group).where(Group.name.in_(names), Group.id.in_(sorted(caller.group_ids)))
    return [
        RoleHeld(role="auditor", given_by="group", group=GroupName(id=group.id, name=group.name))
        for group in session.scalars(query.order_by(Group.name))
    ]


def _of_collections(session: Session, caller: Caller) -> list[RoleHeld]:
    by_group = (
        select(Collection, CollectionGrant.access, Group)
        .join(CollectionGrant, CollectionGrant.collection_id == Collection.id)
        .join(Group, Group.id == CollectionGrant.group_id)
        .where(Group.id.in_(sorted(caller.group_ids)))
        .order_by(Collection.name, Group.name)
    )
    by_person = (
        select(Collection, CollectionPerson.access)
        .join(CollectionPerson, CollectionPerson.collection_id == Collection.id)
        .where(CollectionPerson.person_id == caller.person_id)
        .order_by(Collection.name)
    )
    through_groups = [
        RoleHeld(
            role=OF_COLLECTION[access],
            collection=_named(collection),
            given_by="group",
            group=GroupName(id=group.id, name=group.name),
        )
        for collection, access, group in session.execute(by_group)
    ]
    their_own = [
        RoleHeld(role=OF_COLLECTION[access], collection=_named(collection), given_by="person")
        for collection, access in session.execute(by_person)
    ]
    reached = permissions.accesses(session, caller)
    return [one for one in (*through_groups, *their_own) if one.collection and one.collection.id in reached]


def _named(collection: Collection) -> CollectionName:
    return CollectionName(id=collection.id, name=collection.name)
