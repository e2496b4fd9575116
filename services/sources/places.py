"""What changes a source: adding one, pointing it elsewhere, asking for a sync, taking it away."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services import audit, deliveries, errors, runs, syncs
from services.adapters.job_queue import REPAIR_TASK
from services.database import scopes
from services.database.tables.library import Collection, Document
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceItem
from services.identity.callers import Caller
from services.resources import Resources
from services.sources.schemas import ReaderRule, SourceCreate, SourcePatch, SyncRequest


def create(session: Session, caller: Caller, wanted: SourceCreate) -> Source:
    """A source that has not been tested yet; errors.Conflict when the name is taken."""
    if session.scalar(select(Source.id).where(Source.name == wanted.name)):
        raise errors.Conflict("A source of this name exists")
    collection = session.scalar(
        select(Collection).where(
            (Collection.id == wanted.collection) | (Collection.name == wanted.collection)
        )
    )
    if collection is None:
        raise errors.NotFound("There is no such collection")
    source = Source(
        name=wanted.name,
        kind=wanted.kind,
        options=wanted.options,
        secrets=wanted.secrets,
        collection_id=collection.id,
        readers=_rules(session, wanted.readers),
        every_s=wanted.every_s,
        created_by=caller.person_id,
    )
    session.add(source)
    session.flush()
    _record(session, caller, "source.create", source.id, collection=collection.id)
    return source


def change(
    session: Session, caller: Caller, source: Source, wanted: SourcePatch, resources: Resources
) -> None:
    """Set what is named; new rules act on the next question, a new place has to be tested first."""
    session.refresh(source, with_for_update=True)
    place = syncs.place_digest(source)
    for name in ("options", "secrets", "every_s", "is_paused"):
        value = getattr(wanted, name)
        if value is not None:
            setattr(source, name, value)
    if syncs.place_digest(source) != place:
        source.tested_at = None
    if wanted.readers is not None:
        source.readers = _rules(session, wanted.readers)
        _apply_rules(session, caller, source, resources)
    _record(session, caller, "source.change", source.id, fields=sorted(wanted.model_fields_set))


def _rules(session: Session, rules: Sequence[ReaderRule]) -> list[dict[str, Any]]:
    scopes.require_groups(session, sorted({group for rule in rules for group in rule.group_ids}))
    return [{"prefix": rule.prefix.strip("/"), "group_ids": sorted(set(rule.group_ids))} for rule in rules]


def _apply_rules(session: Session, caller: Caller, source: Source, resources: Resources) -> None:
    """Every document of the source gets its readers anew, in the transaction that changes the rules."""
    documents = {document.id: document for document in session.scalars(_documents_of(source))}  # at once
    items = session.scalars(select(SourceItem).where(SourceItem.source_id == source.id))
    places: dict[tuple[str, ...] | None, int] = {}
    changed = 0
    for item in items.all():
        if item.document_id not in documents:
            continue
        groups = syncs.readers_of(source.readers, item.key)
        place = None if groups is None else tuple(groups)
        if place not in places:
            places[place] = deliveries.readers_scope(session, source.collection_id, groups)
        changed += deliveries.follow_rule(session, item, places[place])
    if changed:
        nudge = _nudge(resources, REPAIR_TASK)
        runs.request(session, runs.REPAIR, "index", requested_by=caller.person_id, nudge=nudge)
    _record(session, caller, "source.readers", source.id, documents=changed)


def ask_for_test(session: Session, caller: Caller, source: Source, resources: Resources) -> Run:
    """A dry run over the first items only."""
    return _ask(session, caller, source, resources, is_dry=True, limit=syncs.TEST_ITEMS)


def ask_for_sync(
    session: Session, caller: Caller, source: Source, wanted: SyncRequest, resources: Resources
) -> Run:
    return _ask(session, caller, source, resources, is_dry=wanted.dry, allow_removals=wanted.allow_removals)


def _ask(
    session: Session,
    caller: Caller,
    source: Source,
    resources: Resources,
    *,
    is_dry: bool,
    limit: int | None = None,
    allow_removals: bool = False,
) -> Run:
    run = syncs.request_sync(
        session,
        source,
        requested_by=caller.person_id,
        is_dry=is_dry,
        limit=limit,
        allow_removals=allow_removals,
        nudge=_nudge(resources, syncs.SYNC_TASK),
    )
    _record(session, caller, "source.sync", source.id, run=run.id, dry=is_dry, removals=allow_removals)
    return run


def cancel(session: Session, caller: Caller, source: Source) -> None:
    """End what waits or runs on the source; what was delivered stays."""
    runs.cancel_open(session, source.id)
    _record(session, caller, "source.cancel", source.id)


def remove(session: Session, caller: Caller, source: Source, *, with_documents: bool) -> None:
    """Forget the source; its documents stay, now nobody's to sync, unless they are to go with it."""
    session.refresh(source, with_for_update=True)
    runs.cancel_open(session, source.id)
    removed = 0
    if with_documents:
        for document in session.scalars(_documents_of(source)).all():
            deliveries.remove(session, document)
            removed += 1
    _record(session, caller, "source.remove", source.id, documents_removed=removed)
    session.delete(source)


def _documents_of(source: Source) -> Select[Document]:
    ids = select(SourceItem.document_id).where(SourceItem.source_id == source.id)
    return select(Document).where(Document.id.in_(ids), Document.deleted_at.is_(None))


def _nudge(resources: Resources, task: str) -> deliveries.Nudge:
    def send(run_id: str) -> None:
        with suppress(errors.QueueUnavailable):  # upkeep sends it again
            resources.queue.send(task, run_id)

    return send


def _record(session: Session, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)
