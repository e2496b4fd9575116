"""From what the child wrote to a parsed document or a typed error; nothing it wrote is trusted."""

import json
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.blocks import Block, ParsedDocument
from ingestion.parsing.sandbox import Ended
from ingestion.reading.pieces import Piece, clean, name_some
from services.errors import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentGarbled,
    DocumentNeedsOcr,
    DocumentOverLimit,
    DocumentUnreadable,
)

log = logging.getLogger(__name__)

ERRORS: dict[str, type[DocumentUnreadable]] = {
    error.code: error
    for error in (
        DocumentUnreadable,
        DocumentCorrupt,
        DocumentEncrypted,
        DocumentEmpty,
        DocumentNeedsOcr,
        DocumentGarbled,
        DocumentOverLimit,
    )
}
KINDS = frozenset({"heading", "text", "list", "table", "code"})
OUT_OF_MEMORY = (b"memory allocation of", b"out of memory", b"MemoryError", b"can't start new thread")
OVER_LIMIT_SIGNALS = frozenset({signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ})
DEEPEST_PATH = 8
MOST_ATTACHMENTS = 1000
ILLEGIBLE = "No words could be recognised in the pictures of the file; scan it again, larger and straighter"
HEADING_CHARACTERS = 300
WALLS_TOLD: set[str] = set()


def to_document(ended: Ended, recognised: Mapping[int, str] | None = None) -> ParsedDocument:
    """The document that was read; DocumentUnreadable and its kinds where it was not.

    `recognised` is the text that was read from the pictures of pages, by page.
    """
    lines = lines_of(ended)
    done = next((line["done"] for line in reversed(lines) if isinstance(line.get("done"), dict)), None)
    if done is None or ended.status != 0:
        raise _death(ended)
    pieces = [piece for line in lines if (piece := _piece(line)) is not None]
    blocks = tuple(_blocks(_with_pages(pieces, recognised or {})))
    if not blocks:
        raise DocumentEmpty
    title, warnings = _text(done.get("title"))[:HEADING_CHARACTERS], _texts(done.get("warnings"))
    unread = [page for page in _unread(done) if not (recognised or {}).get(page, "").strip()]
    if unread:
        pages = name_some([str(page) for page in unread])
        warnings += (f"Without readable text: pages {pages} (pictures).",)
    names = _texts(done.get("attachments"), MOST_ATTACHMENTS)
    pages_count = _number(done.get("pages")) or 0
    return ParsedDocument(blocks, title, pages_count, warnings, names, tuple(unread))


def from_pictures(recognised: Mapping[int, str], why: DocumentUnreadable) -> ParsedDocument:
    """A document of which only pictures could be read; `why` where they hold no words."""
    blocks = tuple(_blocks(_with_pages([], recognised)))
    if not blocks:
        raise DocumentNeedsOcr(ILLEGIBLE) if isinstance(why, DocumentNeedsOcr) else why
    empty = [str(page) for page, text in recognised.items() if not text.strip()]
    warnings = ["The text was recognised from pictures; single letters may be wrong."]
    warnings += [f"Without readable text: pages {name_some(empty)} (pictures)."] if empty else []
    return ParsedDocument(blocks, "", max(recognised), tuple(warnings))


def lines_of(ended: Ended) -> list[dict[str, Any]]:
    """What the child said, line by line; raises the error it reported."""
    lines = [line for raw in ended.output.split(b"\n") if (line := _line(raw)) is not None]
    for line in lines:
        if "walls" in line:
            _note_walls(line["walls"])
        if "error" in line:
            raise reported(line)
    return lines


def _unread(done: dict[str, Any]) -> list[int]:
    found = done.get("unread")
    return [page for page in found if _number(page)] if isinstance(found, list) else []


def _line(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw) if raw.startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _note_walls(walls: object) -> None:
    """Once per process and wall: which protection this machine does not give."""
    missing = [name for name, stands in walls.items() if stands is False] if isinstance(walls, dict) else []
    for name in missing:
        if name not in WALLS_TOLD and name in ("network_namespace", "file_access", "system_calls"):
            WALLS_TOLD.add(name)
            log.warning("parsing runs without a protection this kernel does not allow", extra={"wall": name})


def reported(line: dict[str, Any]) -> DocumentUnreadable:
    """The error that a child's line names."""
    kind = ERRORS.get(str(line["error"]), DocumentUnreadable)
    if line.get("cause"):
        log.warning("a reader failed", extra={"cause": str(line["cause"])[:80]})
    return kind(_text(line.get("detail"))[:300])


def _death(ended: Ended) -> DocumentUnreadable:
    """A native parser that aborts says nothing of its own; its last words and the signal tell what it was."""
    log.warning("a reader died", extra={"status": ended.status})
    ran_out = any(words in ended.output for words in OUT_OF_MEMORY)
    return DocumentOverLimit() if ran_out or -ended.status in OVER_LIMIT_SIGNALS else DocumentCorrupt()


def _piece(line: dict[str, Any]) -> Piece | None:
    piece = line.get("piece")
    if not isinstance(piece, list) or len(piece) != 4 or piece[0] not in KINDS:
        return None
    text = _text(piece[1])
    return Piece(piece[0], text, _number(piece[2]), _number(piece[3]) or 0) if text.strip() else None


def _with_pages(pieces: Sequence[Piece], recognised: Mapping[int, str]) -> Sequence[Piece]:
    """The pieces with those of recognised pages at their place."""
    found = [
        Piece("text", paragraph, page)
        for page, text in recognised.items()
        for raw in text.split("\n\n")
        if (paragraph := clean(_text(raw)))
    ]
    return sorted([*pieces, *found], key=lambda piece: piece.page or 0) if found else pieces


def _blocks(pieces: Sequence[Piece]) -> Iterator[Block]:
    above: list[tuple[int, str]] = []
    for piece in pieces:
        if piece.kind == "heading":
            above = [entry for entry in above if entry[0] < piece.level][: DEEPEST_PATH - 1]
            above.append((piece.level, piece.text[:HEADING_CHARACTERS]))
        yield Block(piece.kind, piece.text, piece.page, tuple(heading for _, heading in above))


def _text(value: object) -> str:
    """Text that every store takes: no NUL, no half of a surrogate pair."""
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode().replace("\x00", "").strip("\n")


def _texts(value: object, most: int = 20) -> tuple[str, ...]:
    return tuple(_text(entry)[:300] for entry in value[:most]) if isinstance(value, list) else ()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**7 else None
