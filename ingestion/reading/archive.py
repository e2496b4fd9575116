"""Zip archives, opened only once their table of contents is known to be of bearable size."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.reading.limits import ParseLimits
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit

MAX_PARTS = 20_000
OLE = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_archive(data: bytes, limits: ParseLimits) -> Iterator[zipfile.ZipFile]:
    if data.startswith(OLE):
        raise DocumentEncrypted
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _weigh(archive, limits)
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise DocumentCorrupt from error


def _weigh(archive: zipfile.ZipFile, limits: ParseLimits) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > limits.expanded_bytes:
        raise DocumentOverLimit(
            "The file unpacks to far more than it may; save it again with fewer pictures."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentEncrypted
