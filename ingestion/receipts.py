"""Writes receipts of removals: looks in every place where a removed document was, and says what it found.

A receipt is complete once nothing of the document is left anywhere and every api that serves searches has
passed its removal. Then the document's name goes, too; ids, times and the audit trail stay.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ingestion.chores import chore
from services import runs
from services.database import removals, stored_files
from services.database.session import now
from services.database.tables.answers import AnswerSource
from services.database.tables.library import Change, ChunkRow, Document, IndexReplica, Purge, Version
from services.database.tables.uploads import Receipt, UploadKey
from services.resources import Resources

REPLICA_LIVES_S = 60.0
AT_ONCE = 500
Check = dict[str, int]
Checks = dict[str, Check]


def write_receipts(run_id: str, worker: str, resources: Resources) -> None:
    """Do the run that writes receipts, if it is to be had."""
    with chore(run_id, worker, resources) as progress:
        if progress is None:
            return
        with resources.transactions.read() as session:
            due = removals.without_receipt(session, AT_ONCE)
        progress.enter("check", len(due))
        for number, document_id in enumerate(due, start=1):
            write_receipt(document_id, resources)
            progress.reach(number)


def write_receipt(document_id: str, resources: Resources) -> None:
    """Look everywhere, and write down what was found."""
    with resources.transactions.write() as session:
        session.execute(delete(UploadKey).where(UploadKey.document_id == document_id))
    with resources.transactions.read() as session:
        checks = look(session, document_id, resources)
    is_complete = not any(place["left"] for place in checks.values())
    with resources.transactions.write() as session:
        receipt = session.get(Receipt, document_id) or Receipt(document_id=document_id)
        receipt.checks, receipt.checked_at = checks, now()
        if is_complete:
            receipt.complete_at = receipt.checked_at
            session.get_one(Document, document_id).name = ""
        session.add(receipt)


def look(session: Session, document_id: str, resources: Resources) -> Checks:
    """Every place where the document was: how much was looked at there, and how much is left."""
    versions = session.scalars(select(Version).where(Version.document_id == document_id)).all()
    ids = [version.id for version in versions]
    return {
        "text": _text(session, ids),
        "vectors": _vectors(session, ids, resources),
        "files": _files(session, versions, resources),
        "lexical": _lexical(session, ids),
        "caches": _caches(session, document_id),
        "answers": _answers(session, ids),
    }


def _text(session: Session, version_ids: Sequence[str]) -> Check:
    rows = select(func.count()).select_from(ChunkRow).where(ChunkRow.version_id.in_(version_ids))
    return {"looked_at": len(version_ids), "left": session.scalar(rows) or 0}


def _vectors(session: Session, version_ids: Sequence[str], resources: Resources) -> Check:
    """What the purge looked for and did not find any more; what it has not come to, is looked for now."""
    purges = session.scalars(select(Purge).where(Purge.version_id.in_(version_ids))).all()
    gone = sum(purge.vectors or 0 for purge in purges if purge.done_at is not None)
    chunk_ids = session.scalars(select(ChunkRow.id).where(ChunkRow.version_id.in_(version_ids))).all()
    left = len(resources.chunk_index.existing(chunk_ids)) if chunk_ids else 0
    unpurged = len(version_ids) - sum(purge.done_at is not None for purge in purges)
    return {"looked_at": gone + len(chunk_ids), "left": max(left, unpurged)}


def _files(session: Session, versions: Sequence[Version], resources: Resources) -> Check:
    """Originals, texts and embeddings; equal bytes that a living document holds are that one's."""
    digests = {
        digest
        for version in versions
        for digest in (version.file_digest, version.text_digest, version.vectors_digest)
        if digest is not None
    }
    there = {digest for digest in digests if resources.files.written_at(digest) is not None}
    shared = there & stored_files.named(session, there, besides=[version.id for version in versions])
    return {"looked_at": len(digests), "left": len(there - shared), "shared": len(shared)}


def _lexical(session: Session, version_ids: Sequence[str]) -> Check:
    """Every api that lives must have applied the removal to its own index."""
    removed_at = session.scalar(select(func.max(Change.position)).where(Change.version_id.in_(version_ids)))
    living = runs.database_now(session) - timedelta(seconds=REPLICA_LIVES_S)
    positions = session.scalars(select(IndexReplica.position).where(IndexReplica.seen_at >= living)).all()
    return {"looked_at": len(positions), "left": sum(position < (removed_at or 0) for position in positions)}


def _caches(session: Session, document_id: str) -> Check:
    """Answers kept for uploads that are sent again."""
    kept = select(func.count()).select_from(UploadKey).where(UploadKey.document_id == document_id)
    return {"looked_at": 1, "left": session.scalar(kept) or 0}


def _answers(session: Session, version_ids: Sequence[str]) -> Check:
    """Stored answers that rest on it stay as records; nobody is shown them, because nobody may read it."""
    resting = select(func.count(AnswerSource.answer_id.distinct())).where(
        AnswerSource.version_id.in_(version_ids)
    )
    return {"looked_at": 0, "left": 0, "hidden": session.scalar(resting) or 0}
