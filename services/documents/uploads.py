"""A multipart body streamed straight into the file store: no copy in memory, none in a spool file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

from services import errors
from services.adapters.file_store import IncomingFile

FIELD_LIMIT = 64 * 1024
NAME_LIMIT = 400


@dataclass
class ReceivedForm:
    """The form's plain fields, and the name its file came with ("" until one came)."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file_name: str = ""

    @property
    def document_name(self) -> str:
        """What the document is called: the field `name`, which may hold folders, or the file's own name."""
        wanted = clean_path(self.one("name")) if "name" in self.fields else ""
        return wanted or self.file_name

    def one(self, name: str) -> str:
        """The field's value; errors.InvalidRequest when it is missing."""
        values = self.fields.get(name)
        if not values or not values[0]:
            raise errors.InvalidRequest(f"The form needs the field {name!r}")
        return values[0]


async def receive_form(content_type: str, body: AsyncIterator[bytes], incoming: IncomingFile) -> ReceivedForm:
    """Read the form; its part named `file` goes to `incoming` as it arrives."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise errors.InvalidRequest("Send the file as multipart/form-data")
    reader = _FormReader(incoming)
    parser = MultipartParser(options[b"boundary"], reader.callbacks())
    try:
        async for block in body:
            parser.write(block)
            if reader.pending:
                await run_in_threadpool(reader.write_pending)
        parser.finalize()
    except FormParserError as error:
        raise errors.InvalidRequest("The form is damaged") from error
    if not reader.ended:
        raise errors.InvalidRequest("The form broke off before its end; send it again")
    if not reader.form.file_name:
        raise errors.InvalidRequest("The form needs a part named 'file' with a file name")
    return reader.form


class _FormReader:
    """Collects what the parser calls back with; file bytes wait in `pending` for a thread to write them."""

    def __init__(self, incoming: IncomingFile) -> None:
        self.form = ReceivedForm()
        self.pending = bytearray()
        self.ended = False
        self._incoming = incoming
        self._header_name, self._header_value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._field_name = ""
        self._in_file = self._has_file = False
        self._value = bytearray()
        self._field_bytes = 0

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._content,
            "on_part_end": self._end_part,
            "on_end": self._end_form,
        }

    def write_pending(self) -> None:
        self._incoming.write(bytes(self.pending))
        self.pending.clear()

    def _begin_part(self) -> None:
        self._headers.clear()
        self._value.clear()

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field_name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._field_name == "file"
        if self._in_file:
            if self._has_file:
                raise errors.InvalidRequest("Send one file at a time")
            self._has_file = True
            self.form.file_name = clean_name(options.get(b"filename", b"").decode("utf-8", "replace"))

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.pending.extend(data[start:end])
            return
        self._field_bytes += end - start
        if self._field_bytes > FIELD_LIMIT:
            raise errors.TooLarge("The form's fields are too long")
        self._value.extend(data[start:end])

    def _end_part(self) -> None:
        if not self._in_file:
            value = self._value.decode("utf-8", "replace")
            self.form.fields.setdefault(self._field_name, []).append(value)

    def _end_form(self) -> None:
        self.ended = True


def clean_path(raw: str) -> str:
    """A name below folders: each part cleaned, none of them empty or leading upwards."""
    parts = [clean_name(part) for part in raw.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part.strip("."))[:NAME_LIMIT]


def clean_name(raw: str) -> str:
    """The file's own name: no folders, no control characters, at most 400 characters."""
    last = unquote(raw).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip()[:NAME_LIMIT]
