"""PDF: kreuzberg's text of each page is the ground, its structure says which lines are headings."""

import re
from collections.abc import Sequence
from typing import Any

from ingestion.reading import pdf_verdicts
from ingestion.reading.extraction import extract
from ingestion.reading.limits import ParseLimits
from ingestion.reading.page_lines import (
    Headings,
    drop_edges_outside,
    drop_running_lines,
    page_pieces,
    restore_line,
    squeezed,
    words_of,
)
from ingestion.reading.pieces import Piece, Reading, clean, name_some
from services.errors import DocumentOverLimit
from services.media_types import PDF

FEW_PAGES = 3

unreadable = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")
raw_glyphs = re.compile(r"(/g\d{1,5}|\(cid:\d+\)|/[A-Z]\d{2,5})\s*")


def read(data: bytes, limits: ParseLimits) -> Reading:
    warnings: list[str] = []
    whole = pdf_verdicts.with_header(data, warnings)
    result = extract(whole, PDF, structure=True)
    texts = [str(page["content"] or "") for page in result.pages or ()]
    if len(texts) > limits.pages:
        raise DocumentOverLimit(f"The file has {len(texts):,} pages, more than {limits.pages:,}; split it.")
    pages = drop_running_lines([_lines(text) for text in texts])
    if len(pages) < FEW_PAGES:
        pages = [
            drop_edges_outside(lines, _structured(result.document, n))
            for n, lines in enumerate(pages, start=1)
        ]
    pdf_verdicts.require_text(whole, pages)
    warnings += _page_warnings(texts, pages) + pdf_verdicts.attachment_warnings(whole)
    headings = _headings(result.document)
    words = words_of(pages)
    pieces: list[Piece] = []
    for number, lines in enumerate(pages, start=1):
        pieces.extend(page_pieces([restore_line(line, words) for line in lines], number, headings))
    title = clean(str(result.metadata.get("title") or ""))
    return Reading(pieces, title, len(texts), warnings)


def _lines(text: str) -> list[str]:
    """Lines with something to read; those that are mostly glyph numbers or private characters are not."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if line.strip() and not is_garbled(line)]


def is_garbled(text: str) -> bool:
    """More than a third is no character at all: a font without a map to Unicode."""
    solid = "".join(text.split())
    bad = len(unreadable.findall(solid)) + sum(len(glyph) for glyph in raw_glyphs.findall(solid))
    return bad * 3 > len(solid)


def _page_warnings(texts: Sequence[str], pages: Sequence[Sequence[str]]) -> list[str]:
    blank = [str(n) for n, text in enumerate(texts, start=1) if not text.strip()]
    odd = [str(n) for n, text in enumerate(texts, start=1) if _has_garbled_line(text)]
    said = (
        [f"Without readable text: pages {name_some(blank)} (perhaps pictures)."]
        if blank and any(pages)
        else []
    )
    return said + ([f"Lines in an unreadable font were left out: pages {name_some(odd)}."] if odd else [])


def _has_garbled_line(text: str) -> bool:
    return any(len(line.strip()) > 3 and is_garbled(line) for line in text.splitlines() if line.strip())


def _nodes(document: object) -> list[dict[str, Any]]:
    return list(document["nodes"]) if isinstance(document, dict) else []


def _structured(document: object, page: int) -> str:
    """All that the structure holds of one page, squeezed."""
    texts = (str(node["content"].get("text", "")) for node in _nodes(document) if node.get("page") == page)
    return squeezed("".join(texts))


def _headings(document: object) -> Headings:
    """Per page, the squeezed text and the level of each heading kreuzberg sees by its font."""
    found = [
        (int(node["page"]), str(node["content"]["text"]), int(node["content"].get("level") or 2))
        for node in _nodes(document)
        if node["content"].get("node_type") == "heading" and node.get("page")
    ]
    return Headings(found)
