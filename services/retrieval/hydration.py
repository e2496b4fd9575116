"""Rows become passages: a chunk that SQL has let through, with its document's name and its pages."""

from collections.abc import Sequence

from services.passages import Passage
from services.retrieval.queries import FoundChunk


def passage(found: FoundChunk, score: float) -> Passage:
    """The chunk as a passage."""
    chunk, version, document = found
    return Passage(
        chunk_id=chunk.id,
        version_id=version.id,
        document_id=document.id,
        collection_id=document.collection_id,
        document_name=document.name,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        score=score,
        heading_path=tuple(chunk.heading_path),
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        kind=chunk.kind,
        prefix=chunk.prefix,
        version_number=version.number,
        published_at=version.published_at,
        page_starts=page_starts(version.page_spans, chunk.start, chunk.end),
        valid_from=document.valid_from,
        valid_until=document.valid_until,
    )


def page_starts(page_spans: Sequence[Sequence[int]], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """`(offset, page)` for each page that begins or goes on in a piece of the stored text.

    `page_spans` are `(page, start, end)` in the stored text; the offsets count from the piece's start.
    """
    return tuple(
        (max(first, start) - start, page) for page, first, last in page_spans if first < end and last > start
    )
