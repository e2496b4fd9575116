"""What a caller may read, add to and look after; the one home of permission narrowing.

A collection is granted to groups or to single people, to `read`, to `contribute` (add, replace, remove) or to
`curate` (its readers, sources, report, gaps); each holds those before it. A document is readable when its
collection is granted to the caller and, where its scope is narrowed, one of the caller's groups is among
those it is narrowed to. Nobody is exempt: an administrator reads what is granted to them. A group that is
gone grants nothing, and a scope narrowed to groups that are all gone is read by nobody. Where a service
account acts for a person, both must be granted a thing; a key for some collections reaches no other.
"""

from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from services.database.tables.library import (
    Collection,
    CollectionGrant,
    CollectionPerson,
    Document,
    Scope,
    ScopeGroup,
)
from services.identity.caller import Grantee
from services.identity.callers import Caller

Access = Literal["read", "contribute", "curate"]
READ: Access = "read"
CONTRIBUTE: Access = "contribute"
CURATE: Access = "curate"
LEVELS: tuple[Access, ...] = (READ, CONTRIBUTE, CURATE)
"""Each holds those before it."""


def readable_scopes(session: Session, caller: Caller) -> frozenset[int]:
    """Numbers of the scopes whose documents the caller may read; empty means nothing at all."""
    return frozenset(session.scalars(_readable_scopes(caller)))


def readable_collections(session: Session, caller: Caller) -> list[Collection]:
    """The collections the caller may know of, by name."""
    readable = collections_readable_by(caller)
    return list(session.scalars(select(Collection).where(readable).order_by(Collection.name)))


def collections_readable_by(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`."""
    return Collection.id.in_(_granted(caller, READ))


def collections_open_to(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`: the caller may add documents."""
    return Collection.id.in_(_granted(caller, CONTRIBUTE))


def collections_curated_by(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`: the caller looks after them."""
    return Collection.id.in_(_granted(caller, CURATE))


def documents_readable_by(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `documents`: not deleted, its collection granted, its narrowing satisfied."""
    return and_(Document.deleted_at.is_(None), documents_granted_to(caller))


def documents_granted_to(caller: Caller) -> ColumnElement[bool]:
    """As `documents_readable_by`, removed documents among them: never for showing what was in them."""
    return and_(
        Document.collection_id.in_(_granted(caller, READ)),
        Document.scope_id.in_(_readable_scopes(caller)),
    )


def documents_read_by_groups(group_ids: frozenset[str]) -> ColumnElement[bool]:
    """WHERE clause on `documents`: what somebody in exactly these groups reads, whoever looks."""
    return and_(
        Document.deleted_at.is_(None),
        Document.collection_id.in_(_collections_of([Grantee(group_ids)], READ)),
        Document.scope_id.in_(_scopes_of([Grantee(group_ids)], None)),
    )


def may_read(session: Session, caller: Caller, collection_id: str) -> bool:
    return _is_granted(session, collection_id, _granted(caller, READ))


def may_contribute(session: Session, caller: Caller, collection_id: str) -> bool:
    return _is_granted(session, collection_id, _granted(caller, CONTRIBUTE))


def may_curate(session: Session, caller: Caller, collection_id: str) -> bool:
    return _is_granted(session, collection_id, _granted(caller, CURATE))


def accesses(session: Session, caller: Caller) -> dict[str, Access]:
    """The highest access to each collection the caller may know of, by the collection's id."""
    found: dict[str, Access] = {}
    for level in LEVELS:
        found |= dict.fromkeys(session.scalars(_granted(caller, level)), level)
    return found


def _readable_scopes(caller: Caller) -> Select[int]:
    return _scopes_of(caller.grantees, caller.collection_ids)


def _scopes_of(grantees: list[Grantee], reach: frozenset[str] | None) -> Select[int]:
    return select(Scope.id).where(
        Scope.collection_id.in_(_collections_of(grantees, READ, reach)),
        *(or_(Scope.narrowing == "", Scope.id.in_(_narrowed_to(one.group_ids))) for one in grantees),
    )


def _narrowed_to(groups: frozenset[str]) -> Select[int]:
    return select(ScopeGroup.scope_id).where(ScopeGroup.group_id.in_(sorted(groups)))


def _granted(caller: Caller, level: Access) -> Select[str]:
    """Collections granted to the person, to the account that acts for them, and in the key's reach."""
    return _collections_of(caller.grantees, level, caller.collection_ids)


def _collections_of(
    grantees: list[Grantee], level: Access, reach: frozenset[str] | None = None
) -> Select[str]:
    query = select(Collection.id).where(*(_is_granted_to(one, level) for one in grantees))
    return query if reach is None else query.where(Collection.id.in_(sorted(reach)))


def _is_granted_to(grantee: Grantee, level: Access) -> ColumnElement[bool]:
    enough = LEVELS[LEVELS.index(level) :]
    to_groups = select(CollectionGrant.collection_id).where(
        CollectionGrant.group_id.in_(sorted(grantee.group_ids)), CollectionGrant.access.in_(enough)
    )
    to_person = select(CollectionPerson.collection_id).where(
        CollectionPerson.person_id == grantee.person_id, CollectionPerson.access.in_(enough)
    )
    return or_(Collection.id.in_(to_groups), Collection.id.in_(to_person))


def _is_granted(session: Session, collection_id: str, granted: Select[str]) -> bool:
    here = granted.where(Collection.id == collection_id)
    return bool(session.scalar(select(exists(here.subquery()))))
