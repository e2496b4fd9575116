"""Outlook's mail files, after [MS-OXMSG]: subject, who and when, the body, what is attached."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from ingestion.reading import rich_text, text, web
from ingestion.reading.attached import Attached, in_memory, sort_out
from ingestion.reading.compound import CompoundFile
from ingestion.reading.limits import ParseLimits
from ingestion.reading.mail import PGP_MARK
from ingestion.reading.outlook_rtf import unpacked
from ingestion.reading.pieces import Piece, Reading, clean
from ingestion.reading.rich_text_words import code_page
from services.errors import DocumentEncrypted, DocumentUnreadable

UNICODE, BYTES, BINARY = "001f", "001e", "0102"
SUBJECT, BODY, HTML, RTF, CLASS = "0037", "1000", "1013", "1009", "001a"
SENDER, SENDER_ADDRESS, TO, CC = "0c1a", "0c1f", "0e04", "0e03"
LONG_NAME, SHORT_NAME, SHOWN_NAME, CONTENT, MIME, CONTENT_ID = "3707", "3704", "3001", "3701", "370e", "3712"
SENT, DELIVERED = 0x00390040, 0x0E060040
MESSAGE_CODE_PAGE, INTERNET_CODE_PAGE = 0x3FFD0003, 0x3FDE0003
LAST_MOMENT = 2_650_467_744_000_000_000  # tenths of microseconds since 1601, in the year 9999
ATTACHMENT = "__attach_version1.0_#"
MESSAGE_INSIDE = "__substg1.0_3701000d"
ENCRYPTED_CLASS, SEALED = "ipm.note.smime", (".pgp-encrypted", "smime.p7m")
DEEPEST = 8


def read(file: CompoundFile, limits: ParseLimits) -> Reading:
    message = Message(file, "")
    attached = message.attachments()
    is_sealed = any(name.lower().endswith(SEALED) for name, _ in attached)
    if is_sealed or message.text_of(CLASS).lower() == ENCRYPTED_CLASS or PGP_MARK in message.text_of(BODY):
        raise DocumentEncrypted("The mail is encrypted; export it decrypted from the mail program.")
    subject = clean(message.text_of(SUBJECT))
    head = "\n".join(f"{name}: {value}" for name, value in message.headers() if name != "Subject")
    start = [Piece("heading", subject, None, 1)] if subject else []
    lines = [Piece("text", head)] if head else []
    found = sort_out(_attached(file), limits)
    return Reading([*start, *lines, *message.body()], subject, 0, found.warnings, found.names)


def attachments(file: CompoundFile, limits: ParseLimits) -> Iterator[Attached]:
    yield from sort_out(_attached(file), limits).kept


def _attached(file: CompoundFile) -> Iterator[Attached]:
    """Files as they are; a message inside the message as mail."""
    for name, storage in Message(file, "").attachments():
        inside = f"{storage}/{MESSAGE_INSIDE}"
        if inside in file:
            yield in_memory(name, Message(file, inside).as_mail().as_bytes())
        else:
            yield in_memory(name, file.stream(f"{storage}/__substg1.0_{CONTENT}{BINARY}"))


class Message:
    """One message, which may lie inside another one of the same file."""

    def __init__(self, file: CompoundFile, storage: str) -> None:
        self._file, self._storage = file, f"{storage}/" if storage else ""
        self._depth = storage.count(ATTACHMENT)

    def text_of(self, tag: str, inside: str = "") -> str:
        lead = f"{self._storage}{inside}__substg1.0_{tag}"
        wide = self._file.stream(f"{lead}{UNICODE}")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        raw = self._file.stream(f"{lead}{BYTES}").rstrip(b"\x00")
        return text.decode(raw, self._code_page())

    def headers(self) -> Iterator[tuple[str, str]]:
        sender, address = clean(self.text_of(SENDER)), clean(self.text_of(SENDER_ADDRESS))
        whole = f"{sender} <{address}>" if "@" in address and address != sender else sender or address
        found = {
            "Subject": clean(self.text_of(SUBJECT)),
            "From": whole,
            "To": clean(self.text_of(TO)),
            "Cc": clean(self.text_of(CC)),
            "Date": self._date(),
        }
        return ((name, value) for name, value in found.items() if value)

    def body(self) -> list[Piece]:
        """The plain text; where there is none, the page or the rich text."""
        if plain := self.text_of(BODY).strip():
            return text.paragraphs(plain)
        if page := self._page():
            return list(web.read_text(page).pieces)
        packed = self._file.stream(f"{self._storage}__substg1.0_{RTF}{BINARY}")
        try:
            return list(rich_text.read_bytes(unpacked(packed)).pieces) if packed else []
        except DocumentUnreadable:
            return []

    def attachments(self) -> list[tuple[str, str]]:
        """Each one's name and where it lies; pictures that the text shows are part of the text."""
        storages = sorted(
            name for name in self._file.names(self._storage.rstrip("/")) if name.startswith(ATTACHMENT)
        )
        named = [(self._name(storage), storage) for storage in storages]
        return [(name, f"{self._storage}{storage}") for name, storage in named if not self._is_shown(storage)]

    def as_mail(self) -> EmailMessage:
        mail = EmailMessage()
        for name, value in self.headers():
            mail[name] = value
        page = self._page()
        mail.set_content(self.text_of(BODY) or "\n\n".join(piece.text for piece in self.body()))
        if page:
            mail.add_alternative(page, subtype="html")
        for name, storage in self.attachments() if self._depth < DEEPEST else []:
            self._attach(mail, name, storage)
        return mail

    def _attach(self, mail: EmailMessage, name: str, storage: str) -> None:
        inside = f"{storage}/{MESSAGE_INSIDE}"
        if inside in self._file:
            mail.add_attachment(Message(self._file, inside).as_mail())
        else:
            data = self._file.stream(f"{storage}/__substg1.0_{CONTENT}{BINARY}")
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)

    def _name(self, storage: str) -> str:
        shown = (clean(self.text_of(tag, f"{storage}/")) for tag in (LONG_NAME, SHORT_NAME, SHOWN_NAME))
        name = next(filter(None, shown), "attachment")
        is_message = f"{self._storage}{storage}/{MESSAGE_INSIDE}" in self._file
        return f"{name}.eml" if is_message and not name.lower().endswith(".eml") else name

    def _is_shown(self, storage: str) -> bool:
        kind = self.text_of(MIME, f"{storage}/").lower()
        return bool(self.text_of(CONTENT_ID, f"{storage}/")) and kind.startswith("image/")

    def _page(self) -> str:
        raw = self._file.stream(f"{self._storage}__substg1.0_{HTML}{BINARY}")
        return web.decoded(raw) if raw else self.text_of(HTML)

    def _properties(self) -> dict[int, int]:
        """Properties that are numbers, by tag and kind."""
        raw = self._file.stream(f"{self._storage}__properties_version1.0")
        head = 24 if self._storage else 32
        return {
            struct.unpack_from("<I", raw, at)[0]: struct.unpack_from("<Q", raw, at + 8)[0]
            for at in range(head, len(raw) - 15, 16)
        }

    def _code_page(self) -> str:
        found = self._properties()
        number = (found.get(MESSAGE_CODE_PAGE) or found.get(INTERNET_CODE_PAGE) or 0) & 0xFFFFFFFF
        return code_page(number) if number else ""

    def _date(self) -> str:
        """When it was sent, else when it came."""
        found = self._properties()
        value = found.get(SENT) or found.get(DELIVERED) or 0
        if not 0 < value < LAST_MOMENT:
            return ""
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10)
        return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
