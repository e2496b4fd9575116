"""What a sync knows of its source when it begins, and how it writes down what it did."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services import errors, syncs
from services.database.session import now
from services.database.tables.library import Document
from services.database.tables.runs import Run
from services.database.tables.sources import (
    ADDED,
    CHANGED,
    REMOVED,
    SKIPPED,
    Source,
    SourceItem,
    SourceRun,
    SourceRunItem,
)
from services.runs import Claim

COUNTS = {ADDED: "added", CHANGED: "changed", REMOVED: "removed", SKIPPED: "skipped"}
LONGEST_KEY = 2000
KEPT_RUNS = 20
"""Of how many syncs of a source the items are kept; the counts of all are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The source as it was when the run began, and what was asked for."""

    run_id: str
    source_id: str
    name: str
    kind: str
    options: Mapping[str, Any]
    secrets: Mapping[str, str]
    collection_id: str
    readers: tuple[dict[str, Any], ...]
    owner_id: str | None
    is_dry: bool
    limit: int | None
    allow_removals: bool


@dataclass(frozen=True, slots=True)
class Known:
    """An item as the last sync left it; `scope_id` is what the rules gave its document then."""

    key: str
    marker: str
    document_id: str | None
    scope_id: int | None
    is_removed_here: bool
    reason: str
    detail: str
    run_id: str

    @property
    def has_document(self) -> bool:
        return self.document_id is not None and not self.is_removed_here


@dataclass(frozen=True, slots=True)
class Note:
    """One line of what a run did."""

    key: str
    action: str
    reason: str = ""
    detail: str = ""
    bytes: int | None = None
    document_id: str | None = None


def begin(session: Session, claim: Claim) -> Plan:
    """What is to be done; errors.LeaseLost where the source was removed meanwhile."""
    source = session.get(Source, claim.subject)
    if source is None:
        raise errors.LeaseLost
    if session.get(SourceRun, claim.run_id) is None:
        session.add(
            SourceRun(run_id=claim.run_id, source_id=source.id, is_dry=bool(claim.payload.get("dry")))
        )
    _forget_old_items(session, source.id)
    return Plan(
        run_id=claim.run_id,
        source_id=source.id,
        name=source.name,
        kind=source.kind,
        options=source.options,
        secrets=source.secrets,
        collection_id=source.collection_id,
        readers=tuple(source.readers),
        owner_id=source.created_by,
        is_dry=bool(claim.payload.get("dry")),
        limit=claim.payload.get("limit"),
        allow_removals=bool(claim.payload.get("allow_removals")),
    )


def source_ids(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(Source.id)))


def known_items(session: Session, source_id: str) -> dict[str, Known]:
    """Everything the source had last time, by the digest of its key."""
    rows = session.execute(
        select(SourceItem, Document.deleted_at)
        .outerjoin(Document, Document.id == SourceItem.document_id)
        .where(SourceItem.source_id == source_id)
        .execution_options(yield_per=1000)
    )
    return {
        item.key_digest: Known(
            item.key,
            item.marker,
            item.document_id,
            item.scope_id,
            deleted_at is not None,
            item.reason,
            item.detail,
            item.run_id,
        )
        for item, deleted_at in rows
    }


def note(session: Session, run_id: str, line: Note) -> None:
    """Write the line down and count it; the same item again in one run changes its line only."""
    digest = key_digest(line.key)
    values = {
        "action": line.action,
        "reason": line.reason,
        "detail": line.detail[:500],
        "bytes": line.bytes,
        "document_id": line.document_id,
    }
    there = session.get(SourceRunItem, (run_id, digest))
    about = session.get_one(SourceRun, run_id)
    if there is None:
        session.add(SourceRunItem(run_id=run_id, key_digest=digest, key=storable(line.key), **values))
    else:
        _count(about, there.action, -1)
        for name, value in values.items():
            setattr(there, name, value)
    _count(about, line.action, 1)


def _count(about: SourceRun, action: str, step: int) -> None:
    setattr(about, COUNTS[action], getattr(about, COUNTS[action]) + step)


def remember(session: Session, plan: Plan, key: str, **values: Any) -> None:
    """Keep the item as it was taken or refused now."""
    place = (plan.source_id, key_digest(key))
    item = session.get(SourceItem, place)
    if item is None:
        item = SourceItem(source_id=place[0], key_digest=place[1], key=storable(key))
        session.add(item)
    given = {"reason": "", "detail": "", "run_id": plan.run_id, "taken_at": now(), **values}
    for name, value in given.items():
        setattr(item, name, value)


def forget(session: Session, plan: Plan, key: str) -> None:
    session.execute(
        delete(SourceItem).where(
            SourceItem.source_id == plan.source_id, SourceItem.key_digest == key_digest(key)
        )
    )


def end(session: Session, claim: Claim, plan: Plan, unchanged: int) -> None:
    """Keep the last count; a dry run that went well is what lets the source be synced."""
    session.get_one(SourceRun, plan.run_id).unchanged = unchanged
    source = session.get_one(Source, plan.source_id, with_for_update=True)
    if plan.is_dry and claim.payload.get("place") == syncs.place_digest(source):
        source.tested_at = now()


def _forget_old_items(session: Session, source_id: str) -> None:
    kept = (
        select(SourceRun.run_id)
        .join(Run, Run.id == SourceRun.run_id)
        .where(SourceRun.source_id == source_id)
        .order_by(Run.created_at.desc())
        .limit(KEPT_RUNS)
    )
    older = session.scalars(
        select(SourceRun.run_id).where(SourceRun.source_id == source_id, SourceRun.run_id.not_in(kept))
    ).all()
    session.execute(delete(SourceRunItem).where(SourceRunItem.run_id.in_(older)))


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def storable(key: str) -> str:
    """The key as a database can keep it; its digest is always of the whole key."""
    return key.encode("utf-8", "backslashreplace").decode().replace("\x00", "")[:LONGEST_KEY]
