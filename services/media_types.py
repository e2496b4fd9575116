"""What kind of file this is, from its first bytes and, where they leave it open, its name."""

import re
from pathlib import PurePath

from services.errors import UnsupportedMedia

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML = "text/html"
MARKDOWN = "text/markdown"
TEXT = "text/plain"
CSV = "text/csv"
EML = "message/rfc822"

HEAD_BYTES = 8192
"""How much of a file's beginning `detect_media_type` wants to see."""

BY_SUFFIX = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".docm": DOCX,
    ".pptm": PPTX,
    ".xlsm": XLSX,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": CSV,
    ".eml": EML,
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
}
OFFICE_PARTS = ((b"word/", DOCX), (b"ppt/", PPTX), (b"xl/", XLSX))
BINARY = frozenset({PDF, DOCX, PPTX, XLSX})
BINARY_WORKBOOK = ".xlsb"
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xef\xbb\xbf")
NOT_YET = (
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)

html_start = re.compile(rb"\s*(<!--.*?-->\s*)*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html)\b", re.I | re.S)
mail_header = re.compile(rb"(from|to|cc|date|subject|received|return-path|message-id|mime-version):\s", re.I)
pdf_object = re.compile(rb"\b\d+ \d+ obj\b")


def detect_media_type(name: str, head: bytes) -> str:
    """Media type of a file called `name` that begins with `head`; UnsupportedMedia if none we read."""
    suffix = PurePath(name).suffix.lower()
    named = BY_SUFFIX.get(suffix)
    if not head:
        return named or TEXT
    if b"%PDF-" in head[:1024] or (named == PDF and pdf_object.search(head)):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _office_type(head, named, name)
    if head.startswith(b"\xd0\xcf\x11\xe0") and named in (DOCX, PPTX, XLSX):
        return str(named)  # a password turns the zip into an OLE container: reading it says so
    if not looks_like_text(head):
        return _damaged_type(named, name)
    return _text_type(head, named, name)


def _office_type(head: bytes, named: str | None, name: str) -> str:
    if named in (DOCX, PPTX, XLSX):
        return str(named)
    for part, media_type in OFFICE_PARTS:
        if part in head and not name.lower().endswith(BINARY_WORKBOOK):
            return media_type
    raise _unsupported(name, "an archive")


def _damaged_type(named: str | None, name: str) -> str:
    """A known name over unknown bytes is a damaged file, which reading reports; the rest is refused."""
    if named in BINARY:
        return str(named)
    raise _unsupported(name, "a binary file")


def _text_type(head: bytes, named: str | None, name: str) -> str:
    for mark, what in NOT_YET:
        if head.startswith(mark):
            raise _unsupported(name, what)
    if named is not None and named not in BINARY:
        return named
    if html_start.match(head):
        return HTML
    if mail_header.match(head) and len(mail_header.findall(head)) >= 3:
        return EML
    return named if named in BINARY else TEXT


def looks_like_text(head: bytes) -> bool:
    """Text in any encoding has a byte-order mark or hardly any control characters."""
    if head.startswith(TEXT_MARKS):
        return True
    if b"\x00" in head:
        return _is_wide(head)
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return controls * 100 <= len(head)


def _is_wide(head: bytes) -> bool:
    """UTF-16 without a mark: mostly zeros on one side of each pair, almost none on the other."""
    even, odd = head[0::2].count(0) * 2 / len(head), head[1::2].count(0) * 2 / len(head)
    return (even > 0.4 and odd < 0.05) or (odd > 0.4 and even < 0.05)


def _unsupported(name: str, what: str) -> UnsupportedMedia:
    readable = "PDF, DOCX, PPTX, XLSX, HTML, Markdown, text, CSV and EML"
    return UnsupportedMedia(f"“{PurePath(name).name[:80]}” looks like {what}; {readable} can be read.")
