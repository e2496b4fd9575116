"""Scopes: interned sets of readers, so that an index can hold one number instead of a list of groups."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.identity import Group
from services.database.tables.library import Scope, ScopeGroup


def intern_scope(session: Session, collection_id: str, group_ids: Sequence[str] | None) -> Scope:
    """The collection's scope, narrowed to `group_ids` unless None (an empty list lets nobody read)."""
    found = session.scalar(_interned(collection_id, group_ids))
    if found is not None:
        return found
    groups = require_groups(session, group_ids or [])
    scope = Scope(
        collection_id=collection_id,
        narrowing=_narrowing(group_ids),
        groups=[ScopeGroup(group_id=group.id) for group in groups],
    )
    session.add(scope)
    session.flush()
    return scope


def known_scope(session: Session, collection_id: str, group_ids: Sequence[str] | None) -> int | None:
    """Number of the scope that `intern_scope` would give, None where there is none yet."""
    found = session.scalar(_interned(collection_id, group_ids))
    return found.id if found is not None else None


def _interned(collection_id: str, group_ids: Sequence[str] | None) -> Select[Scope]:
    return select(Scope).where(Scope.collection_id == collection_id, Scope.narrowing == _narrowing(group_ids))


def _narrowing(group_ids: Sequence[str] | None) -> str:
    return "" if group_ids is None else sha256("\n".join(sorted(set(group_ids))).encode()).hexdigest()


def require_groups(session: Session, group_ids: Sequence[str]) -> Sequence[Group]:
    """The groups of these ids; errors.InvalidRequest when one is unknown."""
    groups = session.scalars(select(Group).where(Group.id.in_(group_ids))).all()
    if len(groups) != len(set(group_ids)):
        raise errors.InvalidRequest("One of the groups does not exist")
    return groups
