"""Parsing as the pipeline sees it: a path in, a parsed document or a typed error out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.blocks import ParsedDocument
from ingestion.parsing.outcome import from_pictures, to_document
from ingestion.parsing.recognise import Recogniser
from ingestion.parsing.sandbox import Child
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentGarbled, DocumentNeedsOcr, DocumentUnreadable
from services.settings import Ingestion

PARSER_VERSION = "3"
AT_ONCE = 32
"""Documents one child reads before another takes over; each costs the parent two descriptors meanwhile."""


def limits_of(settings: Ingestion) -> ParseLimits:
    return ParseLimits(
        wall_s=settings.parse_wall_s,
        cpu_s=settings.parse_cpu_s,
        memory_bytes=settings.parse_memory_bytes,
        output_bytes=settings.parse_output_bytes,
    )


def parse_file(
    path: Path, media_type: str, limits: ParseLimits, recogniser: Recogniser | None = None
) -> ParsedDocument:
    """The document in `path`; DocumentUnreadable and its kinds where it cannot be read.

    Pages that are only pictures are read by the recogniser, where there is one.
    """
    with Child([(path, media_type)], limits) as child:
        ended = child.result(0)
    try:
        parsed = to_document(ended)
    except (DocumentNeedsOcr, DocumentGarbled) as why:
        if recogniser is None:
            raise
        return from_pictures(recogniser.read(path, media_type, (), limits), why)
    if recogniser is None or not parsed.unread_pages:
        return parsed
    return to_document(ended, recogniser.read(path, media_type, parsed.unread_pages, limits))


def is_for_recogniser(verdict: ParsedDocument | DocumentUnreadable) -> bool:
    """Whether a recogniser may read more of the document than was read."""
    if isinstance(verdict, DocumentUnreadable):
        return isinstance(verdict, DocumentNeedsOcr | DocumentGarbled)
    return bool(verdict.unread_pages)


def parse_many(
    documents: Sequence[tuple[Path, str]], limits: ParseLimits
) -> Iterator[ParsedDocument | DocumentUnreadable]:
    """One verdict per document, in order; they share a child's start-up but not its memory."""
    done = 0
    while done < len(documents):
        batch = documents[done : done + AT_ONCE]
        with Child(batch, limits) as child:
            for number in range(len(batch)):
                yield _verdict(child, number)
                done += 1
                if child.is_killed:
                    break


def _verdict(child: Child, number: int) -> ParsedDocument | DocumentUnreadable:
    try:
        return to_document(child.result(number))
    except DocumentUnreadable as error:
        return error
