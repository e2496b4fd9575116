"""Mail: subject as heading, who and when, then the body; attachments are named, not read."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any

from ingestion.reading import text, web
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean, name_some
from services.errors import DocumentCorrupt, DocumentEncrypted

HEADERS = ("From", "To", "Cc", "Date")
ENCRYPTED_TYPES = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
PGP_MARK = "-----BEGIN PGP MESSAGE-----"
wide_marks = (b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    # A whole message saved as UTF-16 is no mail until it is bytes again.
    raw = text.decode(data).encode() if data.startswith(wide_marks) else data
    message = message_from_bytes(raw.lstrip(b"\r\n\t "), policy=policy.default)
    if message.get_content_type() in ENCRYPTED_TYPES and message.get_param("smime-type") != "signed-data":
        raise DocumentEncrypted("The mail is encrypted; export it decrypted from the mail program.")
    subject = _header(message, "Subject")
    body, warnings = _body(message)
    if not subject and not body and not message.keys():
        raise DocumentCorrupt
    head = "\n".join(f"{name}: {value}" for name in HEADERS if (value := _header(message, name)))
    start = [Piece("heading", subject, None, 1)] if subject else []
    lines = [Piece("text", head)] if head else []
    return Reading([*start, *lines, *body], subject, 0, warnings)


def _header(message: Message[Any, Any], name: str) -> str:
    try:
        return clean(str(message.get(name) or ""))
    except (ValueError, TypeError, IndexError, AttributeError, LookupError):
        return ""  # the standard parser gives up on some malformed headers


def _body(message: EmailMessage) -> tuple[list[Piece], list[str]]:
    plain: list[Piece] = []
    rich: list[Piece] = []
    attached: list[str] = []
    odd: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = _file_name(part)
        if name or part.get_content_disposition() == "attachment" or kind not in ("text/plain", "text/html"):
            attached.append(name or kind)
            continue
        content = _content(part, odd)
        if PGP_MARK in content:
            raise DocumentEncrypted("The mail is encrypted; export it decrypted from the mail program.")
        (plain if kind == "text/plain" else rich).extend(_pieces(kind, content))
    return (plain or rich), _warnings(attached, odd)


def _pieces(kind: str, content: str) -> list[Piece]:
    return text.paragraphs(content) if kind == "text/plain" else list(web.read_text(content).pieces)


def _content(part: Message[Any, Any], odd: list[str]) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else str(raw).encode()
    if part.defects or getattr(part.get("Content-Type"), "defects", None):
        odd.append(part.get_content_type())
    try:
        declared = part.get_content_charset() or ""
    except (ValueError, LookupError):
        declared = ""
    return text.decode(data, declared)


def _file_name(part: Message[Any, Any]) -> str:
    try:
        return clean(part.get_filename() or "")
    except (ValueError, TypeError, LookupError):
        return "an attachment with an unreadable name"


def _warnings(attached: list[str], odd: list[str]) -> list[str]:
    said = [f"Attachments were not read: {name_some(attached)}."] if attached else []
    return said + (["Part of the mail is malformed and was read as well as possible."] if odd else [])
