"""Legacy PowerPoint files, after [MS-PPT]: one page per slide, its title, texts, tables and notes."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingestion.reading.compound import CompoundFile
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean, table_markdown
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit

DOCUMENT, SLIDE, NOTES, NOTES_ATOM = 1000, 1006, 1008, 1009
SLIDE_PERSIST, SLIDE_LIST, USER_EDIT, PERSIST_DIRECTORY = 1011, 4080, 4085, 6002
TEXT_HEADER, TEXT_CHARS, TEXT_BYTES, OUTLINE_REFERENCE = 3999, 4000, 4008, 3998
GROUP, SHAPE, TERTIARY, SHAPE_OPTIONS, CHILD_ANCHOR, TEXT_BOX = 0xF003, 0xF004, 0xF122, 0xF00B, 0xF00F, 0xF00D
TABLE_PROPERTY = 0x39F
TITLES, LISTED, NOTE = (0, 6), (1, 5, 7, 8), 2
CONTAINER, DEEPEST, EDITS = 0xF, 24, 10_000
ENCRYPTED_TOKEN = 0xF3D1C4DF
NOTES_LIST = 2
MOST_TRIED = 50_000_000


@dataclass(frozen=True, slots=True)
class Record:
    kind: int
    instance: int
    body: bytes
    is_container: bool


@dataclass(frozen=True, slots=True)
class Text:
    kind: int
    lines: tuple[str, ...]


def read(file: CompoundFile, limits: ParseLimits) -> Reading:
    user, stream = file.stream("Current User"), file.stream("PowerPoint Document")
    if len(user) >= 20 and struct.unpack_from("<I", user, 12)[0] == ENCRYPTED_TOKEN:
        raise DocumentEncrypted
    try:
        show = Show(stream, struct.unpack_from("<I", user, 16)[0] if len(user) >= 20 else 0)
        if len(show.slides) > limits.pages:
            raise DocumentOverLimit(f"The file has more than {limits.pages:,} slides; split it.")
        pieces = [piece for number in range(len(show.slides)) for piece in show.slide(number)]
    except struct.error as error:
        raise DocumentCorrupt from error
    title = next((piece.text for piece in pieces if piece.kind == "heading"), "")
    return Reading(pieces, title, len(show.slides))


class Show:
    """The slides of the newest edit, in order, with their notes."""

    def __init__(self, stream: bytes, edit: int) -> None:
        self._stream = stream
        self._places = _places(stream, edit)
        document = next((r for r in records(stream) if r.kind == DOCUMENT), None)
        if document is None:
            raise DocumentCorrupt
        lists = {r.instance: r.body for r in records(document.body) if r.kind == SLIDE_LIST}
        self.slides = list(_listed(lists.get(0, b"")))
        self._notes = dict(self._note_texts(lists.get(NOTES_LIST, b"")))

    def slide(self, index: int) -> Iterator[Piece]:
        place, slide_id, outline = self.slides[index]
        number = index + 1
        body = self._container(place, SLIDE)
        found = list(_shapes(body, outline)) if body else list(outline)
        titles = [text for text in found if isinstance(text, Text) and text.kind in TITLES and text.lines]
        heading = " ".join(line for text in titles for line in text.lines)
        if heading or found:
            yield Piece("heading", heading or f"Slide {number}", number, 1)
        for text in found:
            if isinstance(text, str):
                yield Piece("table", text, number)
            elif text not in titles:
                yield from _text_pieces(text, number)
        yield from (Piece("text", line, number) for line in self._notes.get(slide_id, ()))

    def _container(self, place: int, kind: int) -> bytes:
        at = self._places.get(place)
        found = next(records(self._stream[at:]), None) if at is not None else None
        return found.body if found and found.kind == kind else b""

    def _note_texts(self, listed: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
        for place, _, _ in _listed(listed):
            body = self._container(place, NOTES)
            slide = next((r.body for r in records(body) if r.kind == NOTES_ATOM), b"")
            texts = [text for text in _shapes(body, ()) if isinstance(text, Text) and text.kind == NOTE]
            if len(slide) >= 4 and texts:
                yield struct.unpack_from("<I", slide)[0], tuple(line for text in texts for line in text.lines)


def records(data: bytes) -> Iterator[Record]:
    """Records one after another; what runs over the end is cut there."""
    at = 0
    while at + 8 <= len(data):
        head, kind, size = struct.unpack_from("<HHI", data, at)
        yield Record(kind, head >> 4, data[at + 8 : at + 8 + size], head & CONTAINER == CONTAINER)
        at += 8 + size


def _places(stream: bytes, edit: int) -> dict[int, int]:
    """Where each numbered part lies: the newest edit's word counts."""
    places: dict[int, int] = {}
    for _ in range(EDITS):
        found = next(records(stream[edit:]), None) if 0 < edit < len(stream) else None
        if found is None or found.kind != USER_EDIT or len(found.body) < 16:
            break
        edit, directory = struct.unpack_from("<II", found.body, 8)
        listed = next(records(stream[directory:]), None)
        if listed and listed.kind == PERSIST_DIRECTORY:
            places = dict(_directory(listed.body)) | places
    return places


def _directory(body: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 4 <= len(body):
        head = struct.unpack_from("<I", body, at)[0]
        first, count = head & 0xFFFFF, head >> 20
        for number, place in enumerate(struct.unpack_from(f"<{count}I", body, at + 4)):
            yield first + number, place
        at += 4 + count * 4


def _listed(body: bytes) -> Iterator[tuple[int, int, tuple[Text, ...]]]:
    """Each slide's place, its id, and the texts that the outline keeps for it."""
    place, slide_id, held = -1, 0, b""
    for record in records(body):
        raw = struct.pack("<HHI", record.instance << 4, record.kind, len(record.body)) + record.body
        if record.kind == SLIDE_PERSIST and len(record.body) >= 16:
            if place >= 0:
                yield place, slide_id, tuple(_texts(held))
            place, slide_id, held = *_persisted(record.body), b""
        else:
            held += raw
    if place >= 0:
        yield place, slide_id, tuple(_texts(held))


def _persisted(body: bytes) -> tuple[int, int]:
    place, _flags, _count, slide_id = struct.unpack_from("<4I", body)
    return place, slide_id


def _texts(body: bytes) -> Iterator[Text]:
    kind = 4
    for record in records(body):
        if record.kind == TEXT_HEADER and len(record.body) >= 4:
            kind = struct.unpack_from("<I", record.body)[0]
        elif record.kind in (TEXT_CHARS, TEXT_BYTES):
            coding = "utf-16-le" if record.kind == TEXT_CHARS else "latin-1"
            yield Text(kind, _lines(record.body.decode(coding, "replace")))


def _lines(raw: str) -> tuple[str, ...]:
    return tuple(line for part in raw.replace("\x0b", " ").split("\r") if (line := clean(part)))


def _shapes(body: bytes, outline: tuple[Text, ...], depth: int = 0) -> Iterator[Text | str]:
    """Texts and tables (as Markdown) in drawing order."""
    for record in records(body):
        if record.kind == TEXT_BOX:
            yield from _box(record.body, outline)
        elif record.kind == GROUP and _is_table(record.body):
            yield from _table(record.body, outline)
        elif record.is_container and depth < DEEPEST:
            yield from _shapes(record.body, outline, depth + 1)


def _box(body: bytes, outline: tuple[Text, ...]) -> Iterator[Text]:
    for record in records(body):
        if record.kind == OUTLINE_REFERENCE and len(record.body) >= 4:
            number = struct.unpack_from("<I", record.body)[0]
            yield from outline[number : number + 1]
    yield from _texts(body)


def _is_table(group: bytes) -> bool:
    first = next((r for r in records(group) if r.kind == SHAPE), None)
    return first is not None and any(
        struct.unpack_from("<H", option.body, number * 6)[0] & 0x3FFF == TABLE_PROPERTY
        for option in records(first.body)
        if option.kind in (TERTIARY, SHAPE_OPTIONS)
        for number in range(min(option.instance, len(option.body) // 6))
    )


def _table(group: bytes, outline: tuple[Text, ...]) -> Iterator[str]:
    """Cells are shapes; where they stand says which rows and columns they cover."""
    cells: list[tuple[tuple[int, ...], str]] = []
    for shape in records(group):
        parts: Mapping[int, bytes] = {part.kind: part.body for part in records(shape.body)}
        anchor = parts.get(CHILD_ANCHOR, b"")
        if len(anchor) >= 16 and TEXT_BOX in parts:
            lines = [line for text in _box(parts[TEXT_BOX], outline) for line in text.lines]
            cells.append((struct.unpack_from("<4i", anchor), " ".join(lines)))
    columns = sorted({place[0] for place, _ in cells})
    rows = sorted({place[1] for place, _ in cells})
    if len(cells) * len(columns) * len(rows) > MOST_TRIED:
        raise DocumentOverLimit("A table on a slide has more cells than can be read.")
    laid = [[_covering(cells, left, top) for left in columns] for top in rows]
    if markdown := table_markdown(laid):
        yield markdown


def _covering(cells: list[tuple[tuple[int, ...], str]], x: int, y: int) -> str:
    return next((text for (left, top, right, low), text in cells if left <= x < right and top <= y < low), "")


def _text_pieces(text: Text, number: int) -> Iterator[Piece]:
    if text.kind in LISTED and len(text.lines) > 1:
        yield Piece("list", "\n".join(f"- {line}" for line in text.lines), number)
    else:
        yield from (Piece("text", line, number) for line in text.lines)
