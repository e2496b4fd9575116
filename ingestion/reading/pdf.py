"""PDF: the lines pdfium finds on each page, put together to headings, paragraphs, lists and tables."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from ingestion.reading import pdf_verdicts, pdfium
from ingestion.reading.attached import Attached, Sorted, sort_out
from ingestion.reading.limits import ParseLimits
from ingestion.reading.page_layout import Line, Page, leadings
from ingestion.reading.page_lines import PageText, finished, join_over_pages, page_pieces, words_of
from ingestion.reading.pdf_headings import find_headings
from ingestion.reading.pdf_tables import find_tables
from ingestion.reading.pieces import Piece, Reading, clean, name_some
from ingestion.reading.running_lines import drop_running_lines
from services.errors import DocumentCorrupt, DocumentOverLimit

unreadable = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")
raw_glyphs = re.compile(r"(/g\d{1,5}|\(cid:\d+\)|/[A-Z]\d{2,5})\s*")


def read(data: bytes, limits: ParseLimits) -> Reading:
    warnings: list[str] = []
    whole = pdf_verdicts.with_header(data, warnings)
    with pdfium.opened(whole) as document:
        if document.page_count > limits.pages:
            raise DocumentOverLimit(
                f"The file has {document.page_count:,} pages, more than {limits.pages:,}; split it."
            )
        title = clean(document.title)
        shown = [document.page(index) for index in range(document.page_count)]
        found = sort_out(_attached(document), limits)
    if shown and all(page.is_damaged for page in shown):
        raise DocumentCorrupt
    pages = drop_running_lines([_readable(page) for page in shown])
    lines = [[line.text for line in lines] for lines in pages]
    warnings += found.warnings or ([] if found.names else pdf_verdicts.attachment_warnings(whole))
    if found.names and not any(map(any, lines)):
        return _only_attachments(found, title, len(shown), warnings)
    pdf_verdicts.require_text(whole, lines)
    unread = [n for n, page in enumerate(shown, start=1) if page.shows_pictures]
    words = words_of(pages)
    pieces = [finished(piece, words) for piece in join_over_pages(_pieces(pages))]
    return Reading(pieces, title, len(shown), warnings + _page_warnings(shown), found.names, unread)


def attachments(data: bytes, limits: ParseLimits) -> Iterator[Attached]:
    with pdfium.opened(pdf_verdicts.with_header(data, [])) as document:
        yield from sort_out(_attached(document), limits).kept


def pictures(data: bytes, pages: Sequence[int], limits: ParseLimits) -> Iterator[tuple[int, int, int, bytes]]:
    """These pages, or the first ones where none is named, as grey pixels."""
    with pdfium.opened(pdf_verdicts.with_header(data, [])) as document:
        everything = range(1, min(document.page_count, limits.recognised_pages) + 1)
        for number in pages or everything:
            if 0 < number <= document.page_count:
                yield (number, *document.picture(number - 1))


def _attached(document: pdfium.Document) -> Iterator[Attached]:
    for name, size, load in document.attachments():
        yield Attached(name, size, partial(_first, load))


def _first(load: Callable[[], bytes], most: int) -> bytes:
    return load() if most < 0 else load()[:most]


def _only_attachments(found: Sorted, title: str, pages: int, warnings: list[str]) -> Reading:
    """A cover without words around other files, as portfolios are."""
    listed = Piece("list", "\n".join(f"- {name}" for name in found.names), 1)
    said = [*warnings, "The pages themselves hold no text; the files in the document were read."]
    return Reading(
        [Piece("heading", "Files in this document", 1, 1), listed], title, pages, said, found.names
    )


def _pieces(pages: Sequence[Sequence[Line]]) -> Iterator[Piece]:
    tables = [{table.at: table for table in find_tables(lines)} for lines in pages]
    taken = [
        {n for table in found.values() for n in range(table.at, table.at + table.count)} for found in tables
    ]
    headings = find_headings(pages, taken)
    distances = leadings(pages)
    for index, lines in enumerate(pages):
        here = {at: found for (page, at), found in headings.items() if page == index}
        yield from page_pieces(PageText(lines, index + 1, here, tables[index], distances))


def _readable(page: Page) -> Page:
    """Without lines that are mostly glyph numbers or private characters."""
    return replace(page, lines=tuple(line for line in page.lines if not is_garbled(line.text)))


def is_garbled(text: str) -> bool:
    """More than a third is no character at all: a font without a map to Unicode."""
    solid = "".join(text.split())
    bad = len(unreadable.findall(solid)) + sum(len(glyph) for glyph in raw_glyphs.findall(solid))
    return bad * 3 > len(solid)


def _page_warnings(shown: Sequence[Page]) -> list[str]:
    odd = [str(n) for n, page in enumerate(shown, start=1) if _has_garbled_line(page)]
    return [f"Lines in an unreadable font were left out: pages {name_some(odd)}."] if odd else []


def _has_garbled_line(page: Page) -> bool:
    return any(len(line.text.strip()) > 3 and is_garbled(line.text) for line in page.lines)
