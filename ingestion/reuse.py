"""Equal bytes are read once: what reading them gave is taken over from a document that has it.

Nobody is told: whoever hands a file in sees a job like any other, only sooner over. Text, chunks and vectors
are those of the same parser, chunker and embedder; the chunk index gets rows of the new version's own.
"""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from ingestion.arrays import Vectors, read_array
from ingestion.blocks import ParsedDocument
from ingestion.chunking import CHUNKER_VERSION, StoredText
from ingestion.parsing import PARSER_VERSION
from ingestion.publishing import Work
from services import errors, generations
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.passages import Chunk
from services.resources import Resources

LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What reading the same bytes gave before."""

    parsed: ParsedDocument
    stored: StoredText
    chunks: tuple[Chunk, ...]
    text_digest: str
    vectors: Vectors


def known(work: Work, resources: Resources) -> Known | None:
    """What is known of these bytes, None where they must be read."""
    with resources.transactions.read() as session:
        if generations.live_name(session) not in (None, resources.lock.generation):
            return None
        twins = session.scalars(_twins(work).limit(LOOKED_AT))
        twin = next((one for one in twins if not one.warnings), None)
        if twin is None or twin.text_digest is None or twin.vectors_digest is None:
            return None
        chunks = _chunks(session, twin.id)
    try:
        text = resources.files.read_text(twin.text_digest)
        vectors = read_array(resources.files.read_bytes(twin.vectors_digest))
    except errors.NotFound:  # purged just now
        return None
    if len(vectors) != len(chunks):
        return None
    pages = tuple((page, start, end) for page, start, end in twin.page_spans)
    parsed = ParsedDocument((), pages=twin.pages)
    return Known(parsed, StoredText(text, pages, ()), chunks, twin.text_digest, vectors)


# Typed by inference: a Select of one entity.
def _twins(work: Work):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Versions that answer now, made of these bytes by this very code.

    What was read with warnings, or has documents attached to it, is read anew: both may depend on the place.
    """
    child = aliased(Document)
    return (
        select(Version)
        .join(Document, Document.id == Version.document_id)
        .where(
            Version.file_digest == work.file_digest,
            Version.media_type == work.media_type,
            Version.id != work.version_id,
            Version.state == VISIBLE,
            Version.parser == PARSER_VERSION,
            Version.chunker == CHUNKER_VERSION,
            Document.deleted_at.is_(None),
            ~exists().where(child.parent_id == Document.id),
        )
        .order_by(Version.published_at)
    )


def _chunks(session: Session, version_id: str) -> tuple[Chunk, ...]:
    rows = session.scalars(
        select(ChunkRow).where(ChunkRow.version_id == version_id).order_by(ChunkRow.ordinal)
    )
    return tuple(
        Chunk(
            ordinal=row.ordinal,
            text=row.text,
            start=row.start,
            end=row.end,
            heading_path=tuple(row.heading_path),
            first_page=row.first_page,
            last_page=row.last_page,
            tokens=row.tokens,
            kind=row.kind,
            prefix=row.prefix,
        )
        for row in rows
    )
