"""JSON and XML: names with their values, records as tables, so that every value stands beside its name."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from ingestion.reading import open_document, web
from ingestion.reading.limits import ParseLimits
from ingestion.reading.ooxml import Element, local
from ingestion.reading.pieces import Piece, Reading, clean, table_markdown
from ingestion.reading.text import decode
from services.errors import DocumentCorrupt, DocumentOverLimit

DEEPEST, HEADED = 64, 4
LEAST_RECORDS = 2
TITLES = ("title", "head", "heading", "name")
BLOCKS = ("p", "para", "simpara", "paragraph")


def read_json(data: bytes, limits: ParseLimits) -> Reading:
    """A document, or one on each line."""
    text = decode(data)
    try:
        found = json.loads(text)
    except ValueError:
        found = _lines(text)
    except RecursionError as error:
        raise DocumentOverLimit("The file's parts lie too deep in one another.") from error
    pieces = list(_value(found, 0, limits))
    title = found.get("title") if isinstance(found, dict) else None
    return Reading(pieces, clean(title) if isinstance(title, str) else "")


def _lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise DocumentCorrupt("The file is not valid JSON; export it again.") from error


def _value(value: Any, depth: int, limits: ParseLimits) -> Iterator[Piece]:
    if depth > DEEPEST:
        raise DocumentOverLimit("The file's parts lie too deep in one another.")
    if isinstance(value, dict):
        yield from _object(value, depth, limits)
    elif isinstance(value, list):
        yield from _array(value, depth, limits)
    elif shown := _shown(value):
        yield Piece("text", shown)


def _object(value: dict[str, Any], depth: int, limits: ParseLimits) -> Iterator[Piece]:
    """Plain values as lines of name and value; what holds more under a heading of its name."""
    lines = [
        f"{clean(name)}: {_shown(held)}" for name, held in value.items() if _is_plain(held) and _shown(held)
    ]
    if lines:
        yield Piece("text", "\n".join(lines))
    for name, held in value.items():
        if not _is_plain(held):
            found = list(_value(held, depth + 1, limits))
            if found:
                kind = "heading" if depth < HEADED else "text"
                yield Piece(kind, clean(name) or "-", None, depth + 1 if depth < HEADED else 0)
                yield from found


def _array(value: list[Any], depth: int, limits: ParseLimits) -> Iterator[Piece]:
    records = [entry for entry in value if isinstance(entry, dict)]
    if len(records) >= LEAST_RECORDS and len(records) == len(value) and all(map(_is_flat, records)):
        names = list(dict.fromkeys(name for record in records for name in record))
        if len(names) * len(records) > limits.cells:
            raise DocumentOverLimit(f"The file has more than {limits.cells:,} values; split it.")
        yield Piece(
            "table", table_markdown([names, *([_shown(record.get(n)) for n in names] for record in records)])
        )
    elif value and all(map(_is_plain, value)):
        yield Piece("list", "\n".join(f"- {shown}" for entry in value if (shown := _shown(entry))))
    else:
        for entry in value:
            yield from _value(entry, depth + 1, limits)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) or (
        isinstance(value, list) and all(map(_is_scalar, value)) and len(value) < 9
    )


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) < 80


def _is_flat(record: dict[str, Any]) -> bool:
    return bool(record) and all(map(_is_plain, record.values()))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(_shown, value)) if isinstance(value, list) else clean(str(value))


def read_xml(data: bytes, limits: ParseLimits) -> Reading:
    try:
        # Expat fetches nothing and bounds what entities may grow to; the child's limits bound the rest.
        root = ElementTree.fromstring(data)  # noqa: S314
    except ElementTree.ParseError as error:
        raise DocumentCorrupt("The file is not valid XML; export it again.") from error
    name = local(root.tag).lower()
    if name == "html":
        return web.read(data, limits)
    if local(root.tag) == "document" and "opendocument" in root.tag:
        return open_document.read(data, limits)
    pieces = list(_element(root, 1, 0))
    return Reading(pieces, next((piece.text for piece in pieces if piece.kind == "heading"), ""))


def _element(node: Element, level: int, depth: int) -> Iterator[Piece]:
    """Titles are headings, paragraphs text, records of one shape a table, other values name and value."""
    if depth > DEEPEST:
        raise DocumentOverLimit("The file's parts lie too deep in one another.")
    if table := _table(list(node)):
        yield Piece("table", table)
        return
    lines: list[str] = []
    for part in node:
        text = clean("".join(part.itertext())) if _is_prose(part) else ""
        if text and local(part.tag).lower() not in (*TITLES, *BLOCKS) and not _is_mixed(part):
            lines.append(f"{local(part.tag)}: {text}")
            continue
        yield from _together(lines)
        yield from _part(part, text, level, depth)
    yield from _together(lines)
    if len(node) == 0 and (text := clean(node.text or "")):
        yield Piece("text", text)


def _together(lines: list[str]) -> Iterator[Piece]:
    if lines:
        yield Piece("text", "\n".join(lines))
        lines.clear()


def _part(part: Element, text: str, level: int, depth: int) -> Iterator[Piece]:
    if text and local(part.tag).lower() in TITLES:
        yield Piece("heading", text, None, min(level, 6))
    elif text:
        yield Piece("text", text)
    elif local(part.tag):
        yield from _element(part, level + 1, depth + 1)
    if tail := clean(part.tail or ""):
        yield Piece("text", tail)


def _is_prose(node: Element) -> bool:
    """Words of its own, or none of its parts hold parts."""
    return not len(node) or _is_mixed(node)


def _is_mixed(node: Element) -> bool:
    return bool(len(node)) and (bool(clean(node.text or "")) or any(clean(part.tail or "") for part in node))


def _table(records: Sequence[Element]) -> str:
    """Records that all have the same few names, as rows."""
    if len(records) < LEAST_RECORDS or len({record.tag for record in records}) > 1:
        return ""
    rows = [
        {**record.attrib, **{local(part.tag): clean("".join(part.itertext())) for part in record}}
        for record in records
    ]
    flat = all(not len(part) for record in records for part in record)
    names = list(dict.fromkeys(name for row in rows for name in row))
    filled = sum(map(len, rows))
    if (
        not flat
        or not any(len(record) for record in records)
        or len(names) < LEAST_RECORDS
        or filled * 2 < len(names) * len(rows)
    ):
        return ""
    return table_markdown(
        [[local(name) for name in names], *([row.get(name, "") for name in names] for row in rows)]
    )
