"""The library as somebody sees it who is in a group and in nothing else but the group of everybody.

For administrators, and for curators as far as the collections go that they look after. It tells what is read,
not what it says: documents that the one who looks may not read themselves are counted and not named.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.tables.identity import Group
from services.database.tables.library import Collection, CollectionGrant, Document, Scope, ScopeGroup
from services.dependencies import PageRequest
from services.identity import people, permissions
from services.identity.callers import Caller
from services.identity.permissions import LEVELS, Access

UNKNOWN = "There is no such group"


class CollectionSeen(NamedTuple):
    """What the group has of a collection; `hidden` of its documents are not the looker's to know by name."""

    collection: Collection
    access: Access
    through: list[Group]
    documents: int
    hidden: int


def known_group(session: Session, caller: Caller, group_id: str) -> Group:
    """The group, as far as the caller looks after anything that it is granted; errors.NotFound otherwise."""
    group = session.get(Group, group_id)
    if group is None or not (caller.is_admin or _is_among_curated(session, caller, group)):
        raise errors.NotFound(UNKNOWN)
    return group


def collections_seen(session: Session, caller: Caller, group: Group) -> list[CollectionSeen]:
    """The collections that somebody in the group reads, by name, as far as the caller looks after them."""
    granted = _grants(session, _with_everyone(session, group))
    found = session.scalars(
        select(Collection).where(Collection.id.in_(granted), _looked_after(caller)).order_by(Collection.name)
    )
    read = permissions.documents_read_by_groups(_ids(session, group))
    all_of, known = _counts(session, read), _counts(session, and_(read, _known_by_name(caller)))
    return [
        CollectionSeen(
            collection=one,
            access=max((access for access, _ in granted[one.id]), key=LEVELS.index),
            through=[given_to for _, given_to in granted[one.id]],
            documents=all_of.get(one.id, 0),
            hidden=all_of.get(one.id, 0) - known.get(one.id, 0),
        )
        for one in found
    ]


def documents_seen(
    session: Session, caller: Caller, group: Group, collection_id: str | None, page: PageRequest
) -> Sequence[Document]:
    """Documents that somebody in the group reads and the caller, too, by id; at most one more than asked."""
    query = (
        select(Document)
        .where(
            permissions.documents_read_by_groups(_ids(session, group)),
            _known_by_name(caller),
            Document.collection_id.in_(select(Collection.id).where(_looked_after(caller))),
            Document.id > page.after,
        )
        .order_by(Document.id)
        .limit(page.limit + 1)
    )
    if collection_id is not None:
        query = query.where(Document.collection_id == collection_id)
    return session.scalars(query).all()


def record(session: Session, caller: Caller, group: Group, **detail: Any) -> None:
    """Write down who looked as whom."""
    audit.record(
        session, caller.person_id, "group.viewed_as", group.id, credential=caller.credential_id, **detail
    )


def _looked_after(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `collections`."""
    return true() if caller.is_admin else permissions.collections_curated_by(caller)


def _known_by_name(caller: Caller) -> ColumnElement[bool]:
    """WHERE clause on `documents`: a name may tell what a document is about."""
    return permissions.documents_readable_by(caller)


def _is_among_curated(session: Session, caller: Caller, group: Group) -> bool:
    """Whether something the caller curates is granted to the group, or narrowed to it."""
    curated = select(Collection.id).where(permissions.collections_curated_by(caller))
    granted = exists().where(CollectionGrant.group_id == group.id, CollectionGrant.collection_id.in_(curated))
    narrowed = exists().where(
        ScopeGroup.group_id == group.id,
        ScopeGroup.scope_id.in_(select(Scope.id).where(Scope.collection_id.in_(curated))),
    )
    return bool(session.scalar(select(or_(granted, narrowed))))


def _with_everyone(session: Session, group: Group) -> list[Group]:
    return list({one.id: one for one in (group, people.everyone(session))}.values())


def _ids(session: Session, group: Group) -> frozenset[str]:
    return frozenset(one.id for one in _with_everyone(session, group))


def _grants(session: Session, groups: list[Group]) -> dict[str, list[tuple[Access, Group]]]:
    rows = session.scalars(
        select(CollectionGrant).where(CollectionGrant.group_id.in_([group.id for group in groups]))
    )
    by_id = {group.id: group for group in groups}
    found: dict[str, list[tuple[Access, Group]]] = {}
    for row in rows:
        level = next(one for one in LEVELS if one == row.access)
        found.setdefault(row.collection_id, []).append((level, by_id[row.group_id]))
    return found


def _counts(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(
        select(Document.collection_id, func.count()).where(which).group_by(Document.collection_id)
    )
    return dict(rows.all())
