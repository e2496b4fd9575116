"""How a sync changes the library: each step a transaction under the run's fence, audited, written down."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion import sync_records
from ingestion.connectors import Entry, Skipped
from ingestion.sync_records import Known, Note, Plan
from services import audit, deliveries, errors, runs, syncs
from services.adapters.file_store import StoredFile
from services.adapters.job_queue import INGEST_TASK
from services.database import changes
from services.database.tables.library import FAILED, QUARANTINED, Document
from services.database.tables.sources import ADDED, CHANGED, REMOVED, SKIPPED, Source, SourceItem
from services.media_types import HEAD_BYTES, detect_media_type
from services.resources import Resources
from services.runs import Claim

LONGEST_NAME = 380


class Shelving:
    """The library as one sync writes to it."""

    def __init__(self, claim: Claim, plan: Plan, resources: Resources) -> None:
        self._claim, self._plan, self._resources = claim, plan, resources
        self.has_rescoped = False

    def name_of(self, entry: Entry) -> str:
        """Led by the source's name, so that no two sources, and no upload, ever have the same."""
        return f"{self._plan.name}/{entry.name or entry.key}"

    def receive(self, entry: Entry, blocks: Iterable[bytes]) -> bool:
        """Take the content in; whether it was another than before."""
        with self._resources.files.receive(limit=self._resources.settings.files.max_upload_bytes) as incoming:
            for block in blocks:
                incoming.write(block)
            media_type = detect_media_type(self.name_of(entry), incoming.head[:HEAD_BYTES])
            stored = incoming.keep()  # outside the transaction: an fsync must not hold the write lock
            with self._resources.transactions.write() as session:
                is_news = self._deliver(session, entry, media_type, stored)
                changes.lock_files(session)
                incoming.keep()  # again, for a purge may have taken an equal file away meanwhile
        return is_news

    def _deliver(self, session: Session, entry: Entry, media_type: str, stored: StoredFile) -> bool:
        runs.require_held(session, self._claim)
        document, is_new = self._document(session, entry)
        kept: dict[str, Any] = {
            "marker": entry.marker,
            "modified_at": entry.modified_at,
            "file_digest": stored.digest,
        }
        if is_new:
            kept |= {"document_id": document.id, "scope_id": document.scope_id}
        sync_records.remember(session, self._plan, entry.key, **kept)
        if _has_content(document, stored.digest):
            return False
        lane = f"source:{self._plan.source_id}"
        delivery = deliveries.Delivery(media_type, stored, self._plan.owner_id, lane)
        run = deliveries.add_version(session, document, delivery, self._nudge)
        self._record(session, "document.add", document.id, version=run.subject, ingest=run.id)
        action = ADDED if is_new else CHANGED
        line = Note(entry.key, action, bytes=stored.size, document_id=document.id)
        sync_records.note(session, self._plan.run_id, line)
        return True

    def _document(self, session: Session, entry: Entry) -> tuple[Document, bool]:
        """The item's living document, or a new one."""
        item = session.get(SourceItem, (self._plan.source_id, sync_records.key_digest(entry.key)))
        found = (
            session.get(Document, item.document_id, with_for_update=True)
            if item is not None and item.document_id
            else None
        )
        if found is not None and found.deleted_at is None:
            return found, False
        groups = syncs.readers_of(self._rules(session), entry.key)
        document = Document(
            collection_id=self._plan.collection_id,
            scope_id=deliveries.readers_scope(session, self._plan.collection_id, groups),
            name=self._free_name(session, entry),
            created_by=self._plan.owner_id,
        )
        session.add(document)
        session.flush()
        return document, True

    def _rules(self, session: Session) -> list[dict[str, object]]:
        """As they are now, and stay until the commit: a rule that narrows must not be overtaken."""
        source = session.get(Source, self._plan.source_id, with_for_update={"read": True})
        if source is None:
            raise errors.LeaseLost
        return source.readers

    def _free_name(self, session: Session, entry: Entry) -> str:
        name = self.name_of(entry)
        taken = select(Document.id).where(
            Document.collection_id == self._plan.collection_id,
            Document.name == name,
            Document.deleted_at.is_(None),
        )
        if session.scalar(taken.limit(1)) is None:
            return name
        return f"{self._plan.name}/{sync_records.key_digest(entry.key)[:8]}/{entry.name or entry.key}"

    def follow_readers(self, key: str) -> None:
        """The rules or groups have changed: the document's readers follow, unless a person decided."""
        with self._resources.transactions.write() as session:
            runs.require_held(session, self._claim)
            place = (self._plan.source_id, sync_records.key_digest(key))
            item = session.get_one(SourceItem, place)
            groups = syncs.readers_of(self._rules(session), key)
            scope = deliveries.readers_scope(session, self._plan.collection_id, groups)
            if deliveries.follow_rule(session, item, scope):
                self.has_rescoped = True
                self._record(session, "document.readers", item.document_id or "", groups=sorted(groups or []))
                line = Note(key, CHANGED, "readers", document_id=item.document_id)
                sync_records.note(session, self._plan.run_id, line)

    def refuse(self, skipped: Skipped, known: Known | None, size: int | None, marker: str) -> None:
        """Say why it is not taken; what was taken of it earlier goes, unless the trouble may pass."""
        goes = known is not None and known.has_document and not skipped.keeps
        with self._resources.transactions.write() as session:
            runs.require_held(session, self._claim)
            if goes and known is not None:
                self._remove(session, known)
            if marker:  # known by it, the item is not read again to be refused again
                why = {"reason": skipped.reason, "detail": skipped.detail[:500]}
                sync_records.remember(
                    session, self._plan, skipped.key, marker=marker, document_id=None, **why
                )
            elif goes:
                sync_records.forget(session, self._plan, skipped.key)
            line = Note(skipped.key, REMOVED if goes else SKIPPED, skipped.reason, skipped.detail, size)
            sync_records.note(session, self._plan.run_id, line)

    def let_go(self, item: Known) -> None:
        """The source holds it no more."""
        with self._resources.transactions.write() as session:
            runs.require_held(session, self._claim)
            sync_records.forget(session, self._plan, item.key)
            if item.has_document:
                self._remove(session, item)
                line = Note(item.key, REMOVED, "gone", document_id=item.document_id)
                sync_records.note(session, self._plan.run_id, line)

    def _remove(self, session: Session, known: Known) -> None:
        document = session.get_one(Document, known.document_id)
        deliveries.remove(session, document)
        self._record(session, "document.remove", document.id)

    def write(self, lines: Iterable[Note]) -> None:
        """Lines about what changed nothing."""
        with self._resources.transactions.write() as session:
            runs.require_held(session, self._claim)
            for line in lines:
                sync_records.note(session, self._plan.run_id, line)

    def _nudge(self, run_id: str) -> None:
        with suppress(errors.QueueUnavailable):  # upkeep sends it again
            self._resources.queue.send(INGEST_TASK, run_id)

    def _record(self, session: Session, action: str, subject: str, **detail: Any) -> None:
        plan = self._plan
        audit.record(
            session, plan.source_id, action, subject, source=plan.source_id, run=plan.run_id, **detail
        )


def _has_content(document: Document, digest: str) -> bool:
    """Whether the document's newest version is this content already, and was not found unreadable."""
    newest = document.versions[-1] if document.versions else None
    failed = (FAILED, QUARANTINED)
    return newest is not None and newest.file_digest == digest and newest.state not in failed
