"""Which reader reads which media type; imported by the child alone."""

import re
from collections.abc import Callable
from importlib import import_module

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading
from services import media_types
from services.errors import DocumentCorrupt, DocumentEmpty, DocumentGarbled, UnsupportedMedia

Reader = Callable[[bytes, ParseLimits], Reading]

READERS = {
    media_types.PDF: ("pdf", "read"),
    media_types.DOCX: ("word", "read"),
    media_types.XLSX: ("office", "read_xlsx"),
    media_types.PPTX: ("slides", "read"),
    media_types.HTML: ("web", "read"),
    media_types.MARKDOWN: ("markdown", "read"),
    media_types.TEXT: ("text", "read"),
    media_types.CSV: ("tables", "read"),
    media_types.EML: ("mail", "read"),
}
not_a_character = re.compile("[\ufffd\ue000-\uf8ff]")
word = re.compile(r"\w")


def find_reader(media_type: str) -> Reader:
    """Loaded by name: a text file should not wait for the PDF library to load."""
    if media_type not in READERS:
        raise UnsupportedMedia
    module, function = READERS[media_type]
    reader: Reader = getattr(import_module(f"ingestion.reading.{module}"), function)
    return reader


def read(data: bytes, media_type: str, limits: ParseLimits) -> Reading:
    """Pieces with text, or the error that says why there are none."""
    if not data:
        raise DocumentCorrupt("The file is empty (0 bytes); upload it again.")
    reading = find_reader(media_type)(data, limits)
    pieces = [piece for piece in reading.pieces if piece.text.strip()]
    if not any(word.search(piece.text) for piece in pieces):
        raise DocumentEmpty
    if _is_garbled(pieces):
        raise DocumentGarbled
    return Reading(pieces, reading.title, reading.pages, reading.warnings)


def _is_garbled(pieces: list[Piece]) -> bool:
    solid = sum(len("".join(piece.text.split())) for piece in pieces)
    bad = sum(len(not_a_character.findall(piece.text)) for piece in pieces)
    return bad * 4 > solid
