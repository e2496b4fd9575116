"""Which reader reads which media type; imported by the child alone."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module

from ingestion.reading.attached import Attached
from ingestion.reading.compound import SIGNATURE
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading
from services import media_types
from services.errors import DocumentCorrupt, DocumentEmpty, DocumentGarbled, UnsupportedMedia

Reader = Callable[[bytes, ParseLimits], Reading]

READERS = {
    media_types.PDF: ("pdf", "read"),
    media_types.DOCX: ("word", "read"),
    media_types.XLSX: ("excel", "read_xlsx"),
    media_types.XLSB: ("xlsb", "read"),
    media_types.PPTX: ("slides", "read"),
    media_types.ODT: ("open_document", "read"),
    media_types.ODS: ("open_document", "read_sheets"),
    media_types.ODP: ("open_document", "read_slides"),
    media_types.EPUB: ("epub", "read"),
    media_types.RTF: ("rich_text", "read"),
    media_types.ZIP: ("bundle", "read"),
    media_types.HTML: ("web", "read"),
    media_types.MARKDOWN: ("markdown", "read"),
    media_types.TEXT: ("text", "read"),
    media_types.CSV: ("tables", "read"),
    media_types.EML: ("mail", "read"),
    media_types.JSON: ("structured", "read_json"),
    media_types.XML: ("structured", "read_xml"),
    media_types.CODE: ("code", "read"),
    **dict.fromkeys(media_types.SEEN.values(), ("image", "read")),
    **dict.fromkeys(sorted(media_types.COMPOUND), ("legacy", "read")),
}
HOLD_FILES = {
    media_types.PDF: ("pdf", "attachments"),
    media_types.ZIP: ("bundle", "attachments"),
    media_types.EML: ("mail", "attachments"),
    **dict.fromkeys(sorted(media_types.COMPOUND), ("legacy", "attachments")),
}
SHOW_PAGES = {
    media_types.PDF: ("pdf", "pictures"),
    **dict.fromkeys(media_types.SEEN.values(), ("image", "pictures")),
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
    reading = find_reader(_true_type(data, media_type))(data, limits)
    pieces = [piece for piece in reading.pieces if piece.text.strip()]
    if not any(word.search(piece.text) for piece in pieces):
        raise DocumentEmpty
    if _is_garbled(pieces):
        raise DocumentGarbled
    return replace(reading, pieces=pieces)


def attachments(data: bytes, media_type: str, limits: ParseLimits) -> Iterator[Attached]:
    """What lies in the document as files of their own and can be read, in the order `read` names it."""
    if media_type in HOLD_FILES:
        module, function = HOLD_FILES[media_type]
        yield from getattr(import_module(f"ingestion.reading.{module}"), function)(data, limits)


def pictures(
    data: bytes, media_type: str, pages: Sequence[int], limits: ParseLimits
) -> Iterator[tuple[int, int, int, bytes]]:
    """Pages as grey pixels: number, width, height, a byte a pixel."""
    if media_type in SHOW_PAGES:
        module, function = SHOW_PAGES[media_type]
        yield from getattr(import_module(f"ingestion.reading.{module}"), function)(data, pages, limits)


def load_readers(media_type: str) -> None:
    """Everything that reading may need: once confined, a process can load no more."""
    for kind in (media_type, *((media_types.DOC,) if media_type in media_types.ARCHIVES else ())):
        find_reader(kind)


def _true_type(data: bytes, media_type: str) -> str:
    """A legacy or protected Office file under a newer name is one container in place of another."""
    is_compound = data.startswith(SIGNATURE) and media_type in media_types.ARCHIVES
    return media_types.DOC if is_compound else media_type


def _is_garbled(pieces: list[Piece]) -> bool:
    solid = sum(len("".join(piece.text.split())) for piece in pieces)
    bad = sum(len(not_a_character.findall(piece.text)) for piece in pieces)
    return bad * 4 > solid
