"""Parsing as the pipeline sees it: a path in, a parsed document or a typed error out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.blocks import ParsedDocument
from ingestion.parsing.outcome import to_document
from ingestion.parsing.sandbox import Child
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentUnreadable
from services.settings import Ingestion

PARSER_VERSION = "2"
AT_ONCE = 32
"""Documents one child reads before another takes over; each costs the parent two descriptors meanwhile."""


def limits_of(settings: Ingestion) -> ParseLimits:
    return ParseLimits(
        wall_s=settings.parse_wall_s,
        cpu_s=settings.parse_cpu_s,
        memory_bytes=settings.parse_memory_bytes,
        output_bytes=settings.parse_output_bytes,
    )


def parse_file(path: Path, media_type: str, limits: ParseLimits) -> ParsedDocument:
    """The document in `path`; DocumentUnreadable and its kinds where it cannot be read."""
    found = next(parse_many([(path, media_type)], limits))
    if isinstance(found, DocumentUnreadable):
        raise found
    return found


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
