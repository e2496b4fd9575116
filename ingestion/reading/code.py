"""Source code: kept as it is written, parted where a definition begins."""

from collections.abc import Iterator

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading
from ingestion.reading.text import decode

LONGEST = 4000


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return Reading([Piece("code", part) for part in _parts(text.split("\n"))])


def _parts(lines: list[str]) -> Iterator[str]:
    """Lines until one that stands at the margin after a blank one: there the next definition begins."""
    part: list[str] = []
    size = 0
    for line in lines:
        at_margin = bool(line) and not line[0].isspace() and line[0] not in "})]"
        if part and not part[-1].strip() and (at_margin or size > LONGEST):
            yield "\n".join(part).strip("\n")
            part, size = [], 0
        part.append(line.rstrip())
        size += len(line)
    yield "\n".join(part).strip("\n")
