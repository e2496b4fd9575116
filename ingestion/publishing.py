"""What the pipeline writes to SQL: each step one short transaction under the run's fence."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ingestion import attachments
from ingestion.attachments import Found
from ingestion.blocks import ParsedDocument
from ingestion.chunking import CHUNKER_VERSION, StoredText
from ingestion.language import language_of
from ingestion.parsing import PARSER_VERSION
from services import errors, generations, passages, runs
from services.database import changes
from services.database.session import now
from services.database.tables.library import (
    PROCESSING,
    SUPERSEDED,
    VISIBLE,
    WAITING,
    ChunkRow,
    Document,
    Version,
)
from services.passages import Chunk
from services.resources import Resources
from services.runs import Claim


@dataclass(frozen=True, slots=True)
class Work:
    """One version to be read, as its worker found it; `scope` is its readers' number at that moment."""

    claim: Claim
    version_id: str
    file_digest: str
    media_type: str
    scope: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a version gave, with the digests its text and vectors are stored under."""

    parsed: ParsedDocument
    stored: StoredText
    chunks: Sequence[Chunk]
    text_digest: str
    vectors_digest: str


def file_bytes(session: Session, claim: Claim) -> int:
    """Size of the file that is to be read."""
    return session.scalar(select(Version.file_bytes).where(Version.id == claim.subject)) or 0


def start(claim: Claim, resources: Resources) -> Work:
    """What is to be read; errors.LeaseLost when its document was removed meanwhile.

    A run that was claimed too often without an end kills its workers: errors.DocumentOverLimit.
    """
    if claim.attempts > resources.settings.ingestion.max_attempts:
        raise errors.DocumentOverLimit(f"Reading this file ended its worker {claim.attempts - 1} times")
    with resources.transactions.write() as session:
        generations.require_live(session, resources.lock.generation)
        version, document = _held(session, claim)
        version.state = PROCESSING
        return Work(claim, version.id, version.file_digest, version.media_type, document.scope_id)


def store_chunks(claim: Claim, reading: Reading, resources: Resources) -> None:
    """Write the chunks before their vectors, so that SQL knows every id the index ever holds."""
    language = language_of(reading.stored.text)
    with resources.transactions.write() as session:
        version, _document = _held(session, claim)
        changes.lock_files(session)
        for digest in (reading.text_digest, reading.vectors_digest):
            if not resources.files.path(digest).exists():
                raise errors.Unavailable("An equal document was purged meanwhile; this one is read again")
        session.execute(delete(ChunkRow).where(ChunkRow.version_id == version.id))
        rows = [chunk_row(version.id, chunk) for chunk in reading.chunks]
        if rows:
            session.execute(insert(ChunkRow), rows)
        version.text_digest, version.vectors_digest = reading.text_digest, reading.vectors_digest
        version.page_spans = [list(span) for span in reading.stored.pages]
        version.pages, version.warnings = reading.parsed.pages, list(reading.parsed.warnings)
        version.language = language
        version.parser, version.chunker = PARSER_VERSION, CHUNKER_VERSION


def publish(claim: Claim, work: Work, resources: Resources, attached: Sequence[Found] = ()) -> None:
    """Make the version the one that answers, and the run done, in one transaction.

    What is attached to it becomes documents in the same one, which are read by runs of their own.

    A version that a newer one has overtaken ends unseen, and its vectors are buried. Vectors whose readers
    were changed meanwhile carry an old number: a repair is asked for.
    """
    with resources.transactions.write() as session:
        version, document = _held(session, claim)
        visible = session.scalar(
            select(Version).where(Version.document_id == document.id, Version.state == VISIBLE)
        )
        if visible is not None and visible.number > version.number:
            _retire(session, version)
        else:
            if visible is not None:
                _retire(session, visible)
                changes.append(session, visible.id, "remove")
            version.state, version.published_at = VISIBLE, now()
            session.flush()
            changes.append(session, version.id, "publish")
            if document.scope_id != work.scope:
                runs.request(session, runs.REPAIR, "index", requested_by=None)
            attachments.shelve(session, document, attached, resources)
        runs.progress(session, claim, "publish", 1, 1, lease_s=resources.settings.ingestion.lease_s)
        runs.finish(session, claim)


def fail(claim: Claim, error: errors.DocumentUnreadable, resources: Resources) -> None:
    """The document cannot be read: say why; its older version goes on answering."""
    limit = resources.settings.ingestion.max_document_failures
    with resources.transactions.write() as session:
        state = runs.fail(session, claim, error, max_failures=limit)
        version = session.get(Version, claim.subject)
        if version is not None:
            version.state = state


def hand_back(claim: Claim, error: errors.HoldfastError, resources: Resources) -> None:
    """A part was down: let the run wait until upkeep sends it again, however long that takes."""
    again_after_s = resources.settings.ingestion.resend_after_s
    with resources.transactions.write() as session:
        runs.hand_back(session, claim, error, retry_after_s=again_after_s)
        version = session.get(Version, claim.subject)
        if version is not None:
            version.state = WAITING


def _held(session: Session, claim: Claim) -> tuple[Version, Document]:
    """Version and document, while this worker holds the run and the document is there."""
    version = session.get(Version, claim.subject)
    # Locked before the run, as a removal does: two versions published at once take turns.
    document = session.get(Document, version.document_id, with_for_update=True) if version else None
    runs.require_held(session, claim)
    if version is None or document is None or document.deleted_at is not None:
        raise errors.LeaseLost
    return version, document


def _retire(session: Session, version: Version) -> None:
    version.state = SUPERSEDED
    session.flush()
    changes.bury(session, version.id)


def chunk_row(version_id: str, chunk: Chunk) -> dict[str, object]:
    """A chunk as a row of the table."""
    return {
        "id": passages.chunk_id(version_id, chunk.ordinal, chunk.text),
        "version_id": version_id,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "prefix": chunk.prefix,
        "start": chunk.start,
        "end": chunk.end,
        "heading_path": list(chunk.heading_path),
        "first_page": chunk.first_page,
        "last_page": chunk.last_page,
        "tokens": chunk.tokens,
        "kind": chunk.kind,
    }
