"""What a caller may read and add to; the one home of permission narrowing.

A document is readable when its collection is granted to one of the caller's groups and, where its scope is
narrowed, one of the caller's groups is among those it is narrowed to. Nobody is exempt: an administrator
reads what their groups read. A group that is gone grants nothing, and a scope narrowed to groups that are
all gone is read by nobody. Where a service account acts for a person, both must be granted a thing; a key
for some collections reaches no other.
"""

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from services.database.tables.library import Collection, CollectionGrant, Document, Scope, ScopeGroup
from services.identity.callers import Caller

READ, CONTRIBUTE = "read", "contribute"


def readable_scopes(session: Session, caller: Caller) -> frozenset[int]:
    """Numbers of the scopes whose documents the caller may read; empty means nothing at all."""
    return frozenset(session.scalars(_readable_scopes(caller)))


def readable_collections(session: Session, caller: Caller) -> list[Collection]:
    """The collections the caller may know of, by name."""
    readable = collections_readable_by(caller)
    return list(session.scalars(select(Collection).where(readable).order_by(Collection.name)))


def collections_readable_by(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`."""
    return Collection.id.in_(_granted(caller, READ, CONTRIBUTE))


def collections_open_to(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`: the caller may add documents."""
    return Collection.id.in_(_granted(caller, CONTRIBUTE))


def documents_readable_by(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `documents`: not deleted, its collection granted, its narrowing satisfied."""
    return and_(Document.deleted_at.is_(None), documents_granted_to(caller))


def documents_granted_to(caller: Caller) -> ColumnElement[bool]:
    """As `documents_readable_by`, removed documents among them: never for showing what was in them."""
    return and_(
        Document.collection_id.in_(_granted(caller, READ, CONTRIBUTE)),
        Document.scope_id.in_(_readable_scopes(caller)),
    )


def may_read(session: Session, caller: Caller, collection_id: str) -> bool:
    return _is_granted(session, collection_id, _granted(caller, READ, CONTRIBUTE))


def may_contribute(session: Session, caller: Caller, collection_id: str) -> bool:
    return _is_granted(session, collection_id, _granted(caller, CONTRIBUTE))


def _readable_scopes(caller: Caller) -> Select[int]:
    return select(Scope.id).where(
        Scope.collection_id.in_(_granted(caller, READ, CONTRIBUTE)),
        *(or_(Scope.narrowing == "", Scope.id.in_(_narrowed_to(groups))) for groups in caller.group_sets),
    )


def _narrowed_to(groups: frozenset[str]) -> Select[int]:
    return select(ScopeGroup.scope_id).where(ScopeGroup.group_id.in_(sorted(groups)))


def _granted(caller: Caller, *access: str) -> Select[str]:
    """Collections granted to the person, to the account that acts for them, and in the key's reach."""
    first, *others = (_granted_to(groups, access) for groups in caller.group_sets)
    reached = first.where(*(CollectionGrant.collection_id.in_(other) for other in others))
    if caller.collection_ids is None:
        return reached
    return reached.where(CollectionGrant.collection_id.in_(sorted(caller.collection_ids)))


def _granted_to(groups: frozenset[str], access: tuple[str, ...]) -> Select[str]:
    return select(CollectionGrant.collection_id).where(
        CollectionGrant.group_id.in_(sorted(groups)), CollectionGrant.access.in_(access)
    )


def _is_granted(session: Session, collection_id: str, granted: Select[str]) -> bool:
    here = granted.where(CollectionGrant.collection_id == collection_id)
    return bool(session.scalar(select(exists(here.subquery()))))
