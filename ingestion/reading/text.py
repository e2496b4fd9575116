"""Plain text: bytes to characters, characters to paragraphs."""

import codecs
import re

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean

# UTF-32's mark begins with UTF-16's, so it is looked for first.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
item_start = re.compile(r"\s*(?:[-*•◦▪\u2013]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")


def decode(data: bytes, declared: str = "") -> str:
    """Characters of `data`: by its mark, as UTF-8, as declared, else as Windows wrote it."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8") if b"\x00" not in data[:4096] else _decode_wide(data)
    except UnicodeDecodeError:
        return _decode_single_byte(data, declared)


def _decode_wide(data: bytes) -> str:
    """No mark, but zeros: UTF-16 whose zeros lie where Latin text leaves them."""
    head = data[:4096]
    return data.decode("utf-16-be" if head[0::2].count(0) > head[1::2].count(0) else "utf-16-le", "replace")


def _decode_single_byte(data: bytes, declared: str) -> str:
    for encoding in (declared, "cp1252"):
        try:
            if encoding:
                return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    return Reading(paragraphs(decode(data)))


def paragraphs(text: str, page: int | None = None) -> list[Piece]:
    """Blank lines part paragraphs; lines that begin like items make a list."""
    found: list[Piece] = []
    for raw in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")):
        lines = [line for line in raw.split("\n") if clean(line)]
        if lines:
            found.extend(_paragraph(lines, page))
    return found


def _paragraph(lines: list[str], page: int | None) -> list[Piece]:
    first = next((n for n, line in enumerate(lines) if item_start.match(line)), None)
    if first is None or sum(bool(item_start.match(line)) for line in lines) < 2:
        return [Piece("text", " ".join(clean(line) for line in lines), page)]
    lead = " ".join(clean(line) for line in lines[:first])
    items: list[str] = []
    for line in lines[first:]:
        if item_start.match(line):
            items.append(clean(line))
        else:
            items[-1] += " " + clean(line)
    return ([Piece("text", lead, page)] if lead else []) + [Piece("list", "\n".join(items), page)]
