"""Mail: subject as heading, who and when, then the body; what is attached is handed on."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any

from ingestion.reading import text, web
from ingestion.reading.attached import Attached, in_memory, sort_out
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean
from services.errors import DocumentCorrupt, DocumentEncrypted

HEADERS = ("From", "To", "Cc", "Date")
ENCRYPTED_TYPES = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
# Made before the process is confined: it looks for the system's own lists of types.
EXTENSIONS = mimetypes.MimeTypes()
PGP_MARK = "-----BEGIN PGP MESSAGE-----"
wide_marks = (b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, limits: ParseLimits) -> Reading:
    message = _message(data)
    if message.get_content_type() in ENCRYPTED_TYPES and message.get_param("smime-type") != "signed-data":
        raise DocumentEncrypted("The mail is encrypted; export it decrypted from the mail program.")
    subject = _header(message, "Subject")
    body, warnings = _body(message)
    if not subject and not body and not message.keys():
        raise DocumentCorrupt
    head = "\n".join(f"{name}: {value}" for name in HEADERS if (value := _header(message, name)))
    start = [Piece("heading", subject, None, 1)] if subject else []
    lines = [Piece("text", head)] if head else []
    found = sort_out(_attached(message), limits)
    return Reading([*start, *lines, *body], subject, 0, [*found.warnings, *warnings], found.names)


def attachments(data: bytes, limits: ParseLimits) -> Iterator[Attached]:
    yield from sort_out(_attached(_message(data)), limits).kept


def _message(data: bytes) -> EmailMessage:
    # A whole message saved as UTF-16 is no mail until it is bytes again.
    raw = text.decode(data).encode() if data.startswith(wide_marks) else data
    return message_from_bytes(raw.lstrip(b"\r\n\t "), policy=policy.default)


def _header(message: Message[Any, Any], name: str) -> str:
    try:
        return clean(str(message.get(name) or ""))
    except (ValueError, TypeError, IndexError, AttributeError, LookupError):
        return ""  # the standard parser gives up on some malformed headers


def _parts(message: Message[Any, Any]) -> Iterator[tuple[Message[Any, Any], bool]]:
    """Each part that holds something, and whether it is attached; a mail in the mail is one part."""
    waiting: list[Message[Any, Any]] = [message]
    while waiting:
        part = waiting.pop(0)
        kind = part.get_content_type()
        if kind == "message/rfc822" and part is not message:
            yield part, True
        elif part.is_multipart():
            inside = part.get_payload()
            waiting = [held for held in inside if isinstance(held, Message)] + waiting
        else:
            is_body = kind in ("text/plain", "text/html") and not _file_name(part)
            yield part, not is_body or part.get_content_disposition() == "attachment"


def _body(message: EmailMessage) -> tuple[list[Piece], list[str]]:
    plain: list[Piece] = []
    rich: list[Piece] = []
    odd: list[str] = []
    for part, is_attached in _parts(message):
        if is_attached:
            continue
        content = _content(part, odd)
        if PGP_MARK in content:
            raise DocumentEncrypted("The mail is encrypted; export it decrypted from the mail program.")
        kind = part.get_content_type()
        (plain if kind == "text/plain" else rich).extend(_pieces(kind, content))
    said = ["Part of the mail is malformed and was read as well as possible."] if odd else []
    return (plain or rich), said


def _attached(message: EmailMessage) -> Iterator[Attached]:
    """Pictures that the text shows are part of the text; signatures say nothing."""
    for part, is_attached in _parts(message):
        kind, name = part.get_content_type(), _file_name(part)
        if not is_attached or kind in SIGNATURES or (kind.startswith("image/") and part.get("Content-ID")):
            continue
        if kind == "message/rfc822":
            inside = part.get_payload()
            held = inside[0] if isinstance(inside, list) and inside else part
            subject = _header(held, "Subject") if isinstance(held, Message) else ""
            yield in_memory(
                name or f"{subject or 'message'}.eml", held.as_bytes() if isinstance(held, Message) else b""
            )
        else:
            yield in_memory(name or f"attachment{EXTENSIONS.guess_extension(kind) or ''}", _bytes(part))


def _pieces(kind: str, content: str) -> list[Piece]:
    return text.paragraphs(content) if kind == "text/plain" else list(web.read_text(content).pieces)


def _content(part: Message[Any, Any], odd: list[str]) -> str:
    data = _bytes(part)
    if part.defects or getattr(part.get("Content-Type"), "defects", None):
        odd.append(part.get_content_type())
    try:
        declared = part.get_content_charset() or ""
    except (ValueError, LookupError):
        declared = ""
    return text.decode(data, declared)


def _bytes(part: Message[Any, Any]) -> bytes:
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else str(raw or "").encode()


def _file_name(part: Message[Any, Any]) -> str:
    try:
        return clean(part.get_filename() or "")
    except (ValueError, TypeError, LookupError):
        return "an attachment with an unreadable name"
