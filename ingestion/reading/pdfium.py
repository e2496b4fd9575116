"""pdfium's text interface, as far as reading needs it: each page's lines, their place, size and weight."""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_size_t, c_ulong, c_void_p
from functools import partial
from itertools import pairwise

from ingestion.reading import pdf_library
from ingestion.reading.page_layout import BROKEN, Cell, Line, Page
from services.errors import DocumentCorrupt, DocumentEncrypted

PASSWORD_WANTED = 4
BOLD_WEIGHT = 600
GAP = 1.0  # of the letters' size: wider than any space between words, narrower than a table's gutter
ALIKE = 0.08  # of the letters' size
NAME_BYTES = 128
PICTURES = (3, 5)  # images, and forms, which may hold images
MOST_OBJECTS = 200
DOTS_PER_INCH, MOST_PIXELS = 300, 40_000_000
GREY, GREY_WITH_NOTES, WHITE = 1, 0x08 | 0x01, 0xFFFFFFFF

line_of = re.compile("[^\r\n\x02\ufffe]+[\x02\ufffe]?")
word_of = re.compile("[^\\s\x02\ufffe]+")
marker = re.compile(r"(?:[^\w\s]|[\uf000-\uf0ff\x01-\x08]|o|\(?\w{1,3}[.)]|\d+(?:\.\d+)*)$")
bold_name = re.compile(rb"bold|black|heavy|demi", re.I)


class Matrix(ctypes.Structure):
    _fields_ = tuple((name, c_float) for name in "abcdef")


SIGNATURES = {
    "FPDF_InitLibrary": (None, ()),
    "FPDF_LoadMemDocument64": (c_void_p, (c_char_p, c_size_t, c_char_p)),
    "FPDF_CloseDocument": (None, (c_void_p,)),
    "FPDF_GetLastError": (c_ulong, ()),
    "FPDF_GetPageCount": (c_int, (c_void_p,)),
    "FPDF_GetMetaText": (c_ulong, (c_void_p, c_char_p, c_void_p, c_ulong)),
    "FPDFDoc_GetAttachmentCount": (c_int, (c_void_p,)),
    "FPDFDoc_GetAttachment": (c_void_p, (c_void_p, c_int)),
    "FPDFAttachment_GetName": (c_ulong, (c_void_p, c_void_p, c_ulong)),
    "FPDFAttachment_GetFile": (c_int, (c_void_p, c_void_p, c_ulong, POINTER(c_ulong))),
    "FPDF_LoadPage": (c_void_p, (c_void_p, c_int)),
    "FPDF_ClosePage": (None, (c_void_p,)),
    "FPDF_GetPageHeightF": (c_float, (c_void_p,)),
    "FPDF_GetPageWidthF": (c_float, (c_void_p,)),
    "FPDFPage_CountObjects": (c_int, (c_void_p,)),
    "FPDFPage_GetObject": (c_void_p, (c_void_p, c_int)),
    "FPDFPageObj_GetType": (c_int, (c_void_p,)),
    "FPDFBitmap_CreateEx": (c_void_p, (c_int, c_int, c_int, c_void_p, c_int)),
    "FPDFBitmap_FillRect": (None, (c_void_p, c_int, c_int, c_int, c_int, c_ulong)),
    "FPDFBitmap_GetBuffer": (c_void_p, (c_void_p,)),
    "FPDFBitmap_GetStride": (c_int, (c_void_p,)),
    "FPDFBitmap_Destroy": (None, (c_void_p,)),
    "FPDF_RenderPageBitmap": (None, (c_void_p, c_void_p, c_int, c_int, c_int, c_int, c_int, c_int)),
    "FPDFPage_GetRotation": (c_int, (c_void_p,)),
    "FPDFText_LoadPage": (c_void_p, (c_void_p,)),
    "FPDFText_ClosePage": (None, (c_void_p,)),
    "FPDFText_CountChars": (c_int, (c_void_p,)),
    "FPDFText_GetText": (c_int, (c_void_p, c_int, c_int, c_void_p)),
    "FPDFText_GetCharIndexFromTextIndex": (c_int, (c_void_p, c_int)),
    "FPDFText_GetFontSize": (c_double, (c_void_p, c_int)),
    "FPDFText_GetFontWeight": (c_int, (c_void_p, c_int)),
    "FPDFText_GetFontInfo": (c_ulong, (c_void_p, c_int, c_void_p, c_ulong, POINTER(c_int))),
    "FPDFText_GetMatrix": (c_int, (c_void_p, c_int, POINTER(Matrix))),
    "FPDFText_GetCharBox": (c_int, (c_void_p, c_int, *(POINTER(c_double),) * 4)),
    "FPDFText_GetCharOrigin": (c_int, (c_void_p, c_int, *(POINTER(c_double),) * 2)),
}


@contextmanager
def opened(data: bytes) -> Iterator["Document"]:
    """The document in `data`, which pdfium reads in place."""
    library = pdf_library.loaded()
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.FPDF_InitLibrary()
    handle = library.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        raise DocumentEncrypted if library.FPDF_GetLastError() == PASSWORD_WANTED else DocumentCorrupt
    try:
        yield Document(library, handle)
    finally:
        library.FPDF_CloseDocument(handle)


class Document:
    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._pdfium = library
        self._handle = handle
        self.page_count: int = library.FPDF_GetPageCount(handle)

    @property
    def title(self) -> str:
        size = self._pdfium.FPDF_GetMetaText(self._handle, b"Title", None, 0)
        text = ctypes.create_string_buffer(size)
        self._pdfium.FPDF_GetMetaText(self._handle, b"Title", text, size)
        return text.raw[: max(0, size - 2)].decode("utf-16-le", "replace")

    def attachments(self) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
        """Each embedded file's name, its size in bytes, and what loads it."""
        for number in range(self._pdfium.FPDFDoc_GetAttachmentCount(self._handle)):
            held = self._pdfium.FPDFDoc_GetAttachment(self._handle, number)
            size = c_ulong()
            if held and self._pdfium.FPDFAttachment_GetFile(held, None, 0, byref(size)):
                yield self._attachment_name(held), size.value, partial(self._attachment, held, size.value)

    def _attachment_name(self, held: int) -> str:
        size = self._pdfium.FPDFAttachment_GetName(held, None, 0)
        text = ctypes.create_string_buffer(size)
        self._pdfium.FPDFAttachment_GetName(held, text, size)
        return text.raw[: max(0, size - 2)].decode("utf-16-le", "replace")

    def _attachment(self, held: int, size: int) -> bytes:
        content, written = ctypes.create_string_buffer(max(1, size)), c_ulong()
        done = self._pdfium.FPDFAttachment_GetFile(held, content, size, byref(written))
        return content.raw[: min(size, written.value)] if done else b""

    def page(self, index: int) -> Page:
        page = self._pdfium.FPDF_LoadPage(self._handle, index)
        if not page:
            return Page((), is_damaged=True)
        try:
            lines = self._lines(page)
            shows_pictures = not lines and self._shows_pictures(page)
            return Page(lines, self._pdfium.FPDF_GetPageHeightF(page), shows_pictures=shows_pictures)
        finally:
            self._pdfium.FPDF_ClosePage(page)

    def picture(self, index: int) -> tuple[int, int, bytes]:
        """A page as grey pixels: width, height and a byte for each; nothing where it cannot be drawn."""
        page = self._pdfium.FPDF_LoadPage(self._handle, index)
        if not page:
            return 0, 0, b""
        try:
            return self._drawn(page)
        finally:
            self._pdfium.FPDF_ClosePage(page)

    def _drawn(self, page: int) -> tuple[int, int, bytes]:
        wide, high = self._pdfium.FPDF_GetPageWidthF(page), self._pdfium.FPDF_GetPageHeightF(page)
        scale = min(DOTS_PER_INCH / 72, (MOST_PIXELS / max(1.0, wide * high)) ** 0.5)
        columns, rows = max(1, int(wide * scale)), max(1, int(high * scale))
        bitmap = self._pdfium.FPDFBitmap_CreateEx(columns, rows, GREY, None, 0)
        if not bitmap:
            return 0, 0, b""
        try:
            self._pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, WHITE)
            self._pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, GREY_WITH_NOTES)
            stride = self._pdfium.FPDFBitmap_GetStride(bitmap)
            whole = ctypes.string_at(self._pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
            return columns, rows, b"".join(whole[at : at + columns] for at in range(0, stride * rows, stride))
        finally:
            self._pdfium.FPDFBitmap_Destroy(bitmap)

    def _shows_pictures(self, page: int) -> bool:
        count = min(self._pdfium.FPDFPage_CountObjects(page), MOST_OBJECTS)
        objects = (self._pdfium.FPDFPage_GetObject(page, number) for number in range(count))
        return any(self._pdfium.FPDFPageObj_GetType(found) in PICTURES for found in objects if found)

    def _lines(self, page: int) -> tuple[Line, ...]:
        text = self._pdfium.FPDFText_LoadPage(page)
        if not text:
            return ()
        try:
            return tuple(Letters(self._pdfium, text, self._pdfium.FPDFPage_GetRotation(page)).lines())
        finally:
            self._pdfium.FPDFText_ClosePage(text)


class Letters:
    """One page's letters; a letter's number in the text and in pdfium's own list may differ.

    Places are as on the page before it is turned; `turns`, quarters clockwise, make them as they are seen.
    """

    def __init__(self, library: ctypes.CDLL, handle: int, turns: int) -> None:
        self._pdfium = library
        self._handle = handle
        self._turns = turns % 4
        self._box = tuple(c_double() for _ in range(4))
        self._box_at = tuple(byref(side) for side in self._box)
        self._matrix = Matrix()
        self._name = ctypes.create_string_buffer(NAME_BYTES)

    def lines(self) -> Iterator[Line]:
        text = self._text()
        for found in line_of.finditer(text):
            words = [
                (word.group(), found.start() + word.start(), found.start() + word.end() - 1)
                for word in word_of.finditer(found.group())
            ]
            if words:
                yield self._line(found.group().replace("\ufffe", BROKEN), words)

    def _text(self) -> str:
        """UTF-16 units as they are counted: those above the base plane stay in two halves."""
        count = self._pdfium.FPDFText_CountChars(self._handle)
        units = (ctypes.c_uint16 * (2 * count + 2))()
        written = self._pdfium.FPDFText_GetText(self._handle, 0, count, units)
        return "".join(map(chr, units[: max(0, written - 1)]))

    def _line(self, text: str, words: list[tuple[str, int, int]]) -> Line:
        spans = [(whole(word), *self._span(first, last)) for word, first, last in words]
        styles = [self._style(words[at][1]) for at in sorted({0, len(words) // 2, len(words) - 1})]
        size, bold = styles[len(styles) // 2]
        even = all(b == bold and abs(s - size) <= ALIKE * size for s, b in styles)
        (_, x0, right), x1 = spans[0], spans[-1][2]
        cells = tuple(_cells(spans, size * GAP))
        return Line(whole(text), x0, x1, self._baseline(words[0][1]), size, bold, even, right - x0, cells)

    def _number(self, at: int) -> int:
        return int(self._pdfium.FPDFText_GetCharIndexFromTextIndex(self._handle, at))

    def _span(self, first: int, last: int) -> tuple[float, float]:
        """Where a word begins and ends, to the right of the page's left or turned edge."""
        start, end = self._letter(first)
        return start, self._letter(last)[1] if last > first else end

    def _letter(self, at: int) -> tuple[float, float]:
        self._pdfium.FPDFText_GetCharBox(self._handle, self._number(at), *self._box_at)
        left, right, bottom, top = (side.value for side in self._box)
        return ((left, right), (bottom, top), (-right, -left), (-top, -bottom))[self._turns]

    def _baseline(self, at: int) -> float:
        self._pdfium.FPDFText_GetCharOrigin(self._handle, self._number(at), *self._box_at[:2])
        x, y = self._box[0].value, self._box[1].value
        return (y, -x, -y, x)[self._turns]

    def _style(self, at: int) -> tuple[float, bool]:
        """Size as it is shown, in points, and whether the letter is bold by its weight or its font's name."""
        number, pdfium = self._number(at), self._pdfium
        pdfium.FPDFText_GetMatrix(self._handle, number, byref(self._matrix))
        scale = (self._matrix.c**2 + self._matrix.d**2) ** 0.5
        size = pdfium.FPDFText_GetFontSize(self._handle, number) * (scale or 1.0)
        if pdfium.FPDFText_GetFontWeight(self._handle, number) >= BOLD_WEIGHT:
            return size, True
        self._name.value = b""
        pdfium.FPDFText_GetFontInfo(self._handle, number, self._name, NAME_BYTES, None)
        return size, bool(bold_name.search(self._name.value))


def whole(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _cells(words: list[tuple[str, float, float]], gap: float) -> Iterator[Cell]:
    """Words parted by gaps; the gap after a bullet or an item's number parts nothing."""
    first = 0
    for at, (left, right) in enumerate(pairwise(words), start=1):
        is_marker = at == 1 and marker.match(left[0])
        if right[1] - left[2] > gap and not is_marker:
            yield _cell(words[first:at])
            first = at
    yield _cell(words[first:])


def _cell(words: list[tuple[str, float, float]]) -> Cell:
    return Cell(" ".join(word for word, _, _ in words), words[0][1], words[-1][2])
