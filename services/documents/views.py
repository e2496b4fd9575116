"""Rows turned into wire shapes, in batches so that a page costs a fixed number of queries."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services import errors
from services.adapters.file_store import FileStore
from services.database.tables.library import Document, Version
from services.database.tables.runs import Run
from services.documents import queries
from services.documents.schemas import (
    DocumentOut,
    HistoryEntry,
    JobError,
    JobOut,
    PageSpan,
    StoredTextOut,
    VersionOut,
)


def document_views(session: Session, documents: Sequence[Document]) -> list[DocumentOut]:
    """Each document with its visible version and its newest job."""
    versions = [version.id for document in documents for version in document.versions]
    chunks, runs = queries.chunk_counts(session, versions), queries.newest_runs(session, versions)
    return [_document_view(document, chunks, runs) for document in documents]


def document_view(session: Session, document: Document) -> DocumentOut:
    return document_views(session, [document])[0]


def _document_view(document: Document, chunks: dict[str, int], runs: dict[str, Run]) -> DocumentOut:
    newest, visible = document.versions[-1], queries.visible_version(document)
    run = runs.get(newest.id)
    scope = document.scope
    return DocumentOut(
        id=document.id,
        name=document.name,
        collection_id=document.collection_id,
        parent_id=document.parent_id,
        language=(visible or newest).language,
        needs_ocr=run is not None and run.error_code == errors.DocumentNeedsOcr.code,
        media_type=newest.media_type,
        size_bytes=newest.file_bytes,
        state=newest.state if visible is None or newest.number > visible.number else visible.state,
        version=_version_view(visible, chunks) if visible else None,
        narrowed_to=sorted(group.group_id for group in scope.groups) if scope.narrowing else None,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        warnings=list(newest.warnings),
        created_at=document.created_at,
        created_by=document.created_by,
        job=job_view(run, document) if run else None,
    )


def history(session: Session, document: Document) -> list[HistoryEntry]:
    """The document's versions, the newest first, each with its newest job."""
    ids = [version.id for version in document.versions]
    chunks, runs = queries.chunk_counts(session, ids), queries.newest_runs(session, ids)
    return [
        HistoryEntry(
            number=version.number,
            state=version.state,
            media_type=version.media_type,
            size_bytes=version.file_bytes,
            pages=version.pages,
            chunks=chunks.get(version.id, 0),
            has_text=version.text_digest is not None,
            created_at=version.created_at,
            published_at=version.published_at,
            job=job_view(runs[version.id], document) if version.id in runs else None,
        )
        for version in reversed(document.versions)
    ]


def stored_text(version: Version, files: FileStore) -> StoredTextOut:
    """The version's stored text with the spans of its pages."""
    return StoredTextOut(
        version_id=version.id,
        text=files.read_text(version.text_digest or ""),
        pages=[PageSpan(page=page, start=start, end=end) for page, start, end in version.page_spans],
    )


def _version_view(version: Version, chunks: dict[str, int]) -> VersionOut:
    return VersionOut(
        id=version.id,
        number=version.number,
        pages=version.pages,
        chunks=chunks.get(version.id, 0),
        published_at=version.published_at,
    )


def job_view(run: Run, document: Document | None, position: int | None = None) -> JobOut:
    """A run as its requester sees it; `position` is its place in the queue."""
    return JobOut(
        id=run.id,
        kind=run.kind,
        state=run.state,
        paused=run.paused,
        priority=run.priority,
        position=position,
        stage=run.stage,
        done=run.done,
        total=run.total,
        error=JobError(code=run.error_code, reason=run.error_reason) if run.error_code else None,
        document_id=document.id if document else None,
        document_name=document.name if document else None,
        bulk_id=run.bulk_id,
        attempts=run.attempts,
        worker=run.worker,
        heartbeat_at=run.heartbeat_at,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )
