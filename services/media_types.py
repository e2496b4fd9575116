"""What kind of file this is, from its first bytes and, where they leave it open, its name."""

import re
from pathlib import PurePath

from services.errors import UnsupportedMedia

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
MSG = "application/vnd.ms-outlook"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"
ZIP = "application/zip"
JSON = "application/json"
XML = "application/xml"
CODE = "text/x-source-code"
HTML = "text/html"
MARKDOWN = "text/markdown"
TEXT = "text/plain"
CSV = "text/csv"
EML = "message/rfc822"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

HEAD_BYTES = 8192
"""How much of a file's beginning `detect_media_type` wants to see."""

BY_SUFFIX = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".dotx": DOCX,
    ".dotm": DOCX,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".ppsx": PPTX,
    ".potx": PPTX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".xltx": XLSX,
    ".xlsb": XLSB,
    ".doc": DOC,
    ".dot": DOC,
    ".xls": XLS,
    ".xlt": XLS,
    ".ppt": PPT,
    ".pps": PPT,
    ".pot": PPT,
    ".msg": MSG,
    ".rtf": RTF,
    ".odt": ODT,
    ".ott": ODT,
    ".fodt": ODT,
    ".ods": ODS,
    ".ots": ODS,
    ".odp": ODP,
    ".otp": ODP,
    ".epub": EPUB,
    ".zip": ZIP,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": CSV,
    ".eml": EML,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".xml": XML,
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".rst": TEXT,
    ".org": TEXT,
}
CODE_SUFFIXES = frozenset(
    """py pyi js mjs cjs ts tsx jsx java kt kts scala groovy gradle c h cc cpp cxx hh hpp m mm cs fs vb
    go rs rb php pl pm lua r jl swift dart ex exs erl hs clj ml sh bash zsh fish ps1 bat cmd sql proto
    graphql tf hcl yaml yml toml ini cfg conf properties env css scss less vue svelte cmake mk
    dockerfile diff patch asm s pas f90 cob vbs tex bib""".split()  # noqa: SIM905 - eighty quoted words would hide them
)
CODE_NAMES = frozenset({"dockerfile", "makefile", "jenkinsfile", "cmakelists.txt", "gemfile", "rakefile"})
OFFICE_PARTS = ((b"word/", DOCX), (b"ppt/", PPTX), (b"xl/workbook.bin", XLSB), (b"xl/", XLSX))
COMPOUND = frozenset({DOC, XLS, PPT, MSG})
ARCHIVES = frozenset({DOCX, PPTX, XLSX, XLSB, ODT, ODS, ODP, EPUB, ZIP})
BINARY = frozenset({PDF, RTF}) | COMPOUND | ARCHIVES
READABLE = frozenset(BY_SUFFIX.values()) | {CODE}
PACKED = (ODT, ODS, ODP, EPUB)
PACKED_AS = re.compile(rb"mimetype(application/[\w.+-]+)")
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xef\xbb\xbf")
RTF_MARK, OLE_MARK, ZIP_MARKS = b"{\\rtf", b"\xd0\xcf\x11\xe0", (b"PK\x03\x04", b"PK\x05\x06")
SEEN = {b"\x89PNG": PNG, b"\xff\xd8\xff": JPEG, b"II*\x00": TIFF, b"MM\x00*": TIFF}
"""Pictures whose words can be recognised, by their first bytes."""
PICTURES = (*SEEN, b"GIF8")

html_start = re.compile(rb"\s*(<!--.*?-->\s*)*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html)\b", re.I | re.S)
xml_start = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s")
mail_header = re.compile(rb"(from|to|cc|date|subject|received|return-path|message-id|mime-version):\s", re.I)
pdf_object = re.compile(rb"\b\d+ \d+ obj\b")


def detect_media_type(name: str, head: bytes, *, pictures: bool = False) -> str:
    """Media type of a file called `name` that begins with `head`; UnsupportedMedia if none we read.

    `pictures` are taken where a person handed one in: in mails and repositories most are decoration.
    """
    named = named_type(name)
    if not head:
        return named or TEXT
    if pictures and (seen := next((kind for mark, kind in SEEN.items() if head.startswith(mark)), None)):
        return seen
    if b"%PDF-" in head[:1024] or (named == PDF and pdf_object.search(head)):
        return PDF
    if head.startswith(ZIP_MARKS):
        return _archive_type(head, named, name)
    if head.lstrip(b"\r\n\t \xef\xbb\xbf").startswith(RTF_MARK):
        return RTF
    return _text_type(head, named) if looks_like_text(head) else _binary_type(head, named, name)


def named_type(name: str) -> str | None:
    """What the file's name says it is."""
    path = PurePath(name.lower())
    if path.suffix[1:] in CODE_SUFFIXES or path.name in CODE_NAMES:
        return CODE
    return BY_SUFFIX.get(path.suffix)


def _archive_type(head: bytes, named: str | None, name: str) -> str:
    """By the parts that come first, then by name; reading tells a wrong one."""
    packed = PACKED_AS.search(head[:200])
    if packed and (found := next((kind for kind in PACKED if packed[1].startswith(kind.encode())), None)):
        return found
    if named in ARCHIVES and named != ZIP:
        return str(named)
    if office := _office_type(head):
        return office
    if named in (ZIP, *COMPOUND) or not PurePath(name).suffix:
        return ZIP
    raise _unsupported(name, "an archive")


def _office_type(head: bytes) -> str | None:
    is_office = b"[Content_Types].xml" in head
    return next((media_type for part, media_type in OFFICE_PARTS if is_office and part in head), None)


def _binary_type(head: bytes, named: str | None, name: str) -> str:
    """A known name over unknown bytes is a damaged file, which reading reports; the rest is refused.

    Legacy Office and Outlook share one container, as does a newer file with a password: reading tells.
    """
    if head.startswith(PICTURES):
        raise _unsupported(name, "a picture")
    if named in BINARY:
        return str(named)
    if head.startswith(OLE_MARK) and not PurePath(name).suffix:
        return DOC
    raise _unsupported(name, "a binary file")


def _text_type(head: bytes, named: str | None) -> str:
    if named is not None and named not in BINARY:
        return named
    if html_start.match(head):
        return HTML
    if mail_header.match(head) and len(mail_header.findall(head)) >= 3:
        return EML
    if xml_start.match(head):
        return XML
    return named if named in BINARY - COMPOUND else TEXT


def looks_like_text(head: bytes) -> bool:
    """Text in any encoding has a byte-order mark or hardly any control characters."""
    if head.startswith(TEXT_MARKS):
        return True
    if b"\x00" in head:
        return _is_wide(head)
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return controls * 100 <= len(head)


def _is_wide(head: bytes) -> bool:
    """UTF-16 without a mark: zeros on one side of most pairs, hardly any on the other, and readable."""
    even, odd = head[0::2].count(0) * 2 / len(head), head[1::2].count(0) * 2 / len(head)
    if not ((even > 0.4 and odd < 0.05) or (odd > 0.4 and even < 0.05)):
        return False
    text = head.decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    readable = sum(letter.isprintable() or letter in "\t\n\r\f" for letter in text)
    return readable * 100 >= len(text) * 97


def _unsupported(name: str, what: str) -> UnsupportedMedia:
    readable = "PDF, Office and OpenDocument files, RTF, EPUB, HTML, Markdown, text, tables, mail and ZIP"
    return UnsupportedMedia(f"“{PurePath(name).name[:80]}” looks like {what}; {readable} can be read.")
