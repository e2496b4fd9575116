"""The files that lie in a document, handed out one after another by a confined child."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.parsing.frames import Frames
from ingestion.parsing.sandbox import Child
from ingestion.reading.attached import tidy
from ingestion.reading.limits import MIB, ParseLimits
from services.errors import DocumentCorrupt
from services.media_types import READABLE


@dataclass(frozen=True, slots=True)
class Inside:
    """A file in a document; its `content` is taken before the next one is asked for."""

    name: str
    media_type: str
    size: int
    content: Iterator[bytes]


def unpack(path: Path, media_type: str, limits: ParseLimits) -> Iterator[Inside]:
    """DocumentUnreadable and its kinds where they cannot be taken out."""
    with Child([(path, media_type)], limits, "attachments") as child:
        frames = Frames(child, limits.expanded_bytes + MIB)
        for number, line in enumerate(frames.lines()):
            match line.get("attached"):
                case [str(name), str(kind), int(size)] if (
                    kind in READABLE and 0 <= size <= limits.expanded_bytes
                ):
                    if number >= limits.attachments:
                        raise DocumentCorrupt
                    yield Inside(tidy(name), kind, size, frames.content(size))
                case _:
                    raise DocumentCorrupt
