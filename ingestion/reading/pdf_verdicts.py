"""Why a PDF gives no text, judged from its raw objects: pictures, broken streams, fonts without a map."""

import re
import zlib
from collections.abc import Iterator, Sequence

from ingestion.reading.limits import MIB
from ingestion.reading.pieces import clean, name_some
from services.errors import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentGarbled,
    DocumentNeedsOcr,
    DocumentOverLimit,
)

MAX_PIXELS = 400_000_000
STREAMS_TRIED = 200

image_object = re.compile(rb"/Subtype\s*/Image\b")
width = re.compile(rb"/Width\s+(\d+)")
height = re.compile(rb"/Height\s+(\d+)")
shows_text = re.compile(rb"\bBT\b.{1,2000}?(?:\)|>|\])\s*(?:Tj|TJ|'|\")", re.S)
escape = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.S)
embedded_name = re.compile(rb"/(?:UF|F)\s*\(((?:[^()\\]|\\.){1,200})\)")


def with_header(data: bytes, warnings: list[str]) -> bytes:
    """A PDF whose first line is lost still has its objects: give it a first line, and say so."""
    if not data.strip(b"\x00\r\n\t "):
        raise DocumentCorrupt("The file is empty (0 bytes); upload it again.")
    if b"%PDF-" in data[:1024]:
        return data
    warnings.append("The file's header is damaged; it was read as a PDF, parts may be missing.")
    return b"%PDF-1.7\n" + data


def require_text(data: bytes, pages: Sequence[Sequence[str]]) -> None:
    if any(line.strip() for lines in pages for line in lines):
        return
    if any(pixels > MAX_PIXELS for pixels in _image_sizes(data)):
        raise DocumentOverLimit(
            "A picture in the file is too large to read; export it at a lower resolution."
        )
    contents = list(_contents(data))
    broken = sum(content is None for content in contents)
    if broken * 2 > len(contents):
        raise DocumentCorrupt
    if any(content is not None and shows_text.search(content) for content in contents):
        raise DocumentGarbled
    raise DocumentNeedsOcr if image_object.search(data) else DocumentEmpty


def attachment_warnings(data: bytes) -> list[str]:
    if b"/EmbeddedFile" not in data:
        return []
    names = sorted({clean(_literal(name)) for name in embedded_name.findall(data)} - {""})
    return [f"Attachments were not read: {name_some(names)}." if names else "Attachments were not read."]


def _literal(raw: bytes) -> str:
    """A PDF string's characters: octal and other escapes resolved, UTF-16 where it is marked."""
    plain = escape.sub(lambda found: bytes([int(found[1], 8) & 255]) if found[1] else found[2], raw)
    return (
        plain.decode("utf-16", "replace")
        if plain.startswith((b"\xfe\xff", b"\xff\xfe"))
        else plain.decode("latin-1")
    )


def _image_sizes(data: bytes) -> Iterator[int]:
    for found in image_object.finditer(data):
        around = data[max(0, found.start() - 600) : found.end() + 600]
        wide, high = width.search(around), height.search(around)
        if wide and high:
            yield int(wide.group(1)) * int(high.group(1))


def _contents(data: bytes) -> Iterator[bytes | None]:
    """The first compressed streams that are no pictures, unpacked; None for one that cannot be."""
    tried = 0
    for found in re.finditer(rb"stream\r?\n", data):
        head = data[max(0, found.start() - 400) : found.start()].rpartition(b" obj")[2]
        if data[max(0, found.start() - 3) : found.start()] == b"end" or b"/FlateDecode" not in head:
            continue
        if image_object.search(head) or tried >= STREAMS_TRIED:
            continue
        tried += 1
        yield _unpacked(data[found.end() : found.end() + MIB])


def _unpacked(stream: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(stream, MIB)
    except zlib.error:
        return None
