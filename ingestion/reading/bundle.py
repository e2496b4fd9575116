"""ZIP archives of documents: the archive's own text is the list of what lies in it."""

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from ingestion.reading.archive import open_archive
from ingestion.reading.attached import Attached, Sorted, sort_out
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean
from services.errors import DocumentCorrupt, DocumentEmpty

UTF_8_NAMES = 0x800
LEFT_BY_SYSTEMS = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")


def read(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        found = _sorted(archive, limits)
        names = [_name(part) for part in _files(archive)]
    if not names:
        raise DocumentEmpty("The archive holds no files")
    listed = Piece("list", "\n".join(f"- {clean(name)}" for name in names))
    heading = Piece("heading", "Files in this archive", None, 1)
    return Reading([heading, listed], "", 0, found.warnings, found.names)


def attachments(data: bytes, limits: ParseLimits) -> Iterator[Attached]:
    with open_archive(data, limits) as archive:
        yield from _sorted(archive, limits).kept


def _sorted(archive: zipfile.ZipFile, limits: ParseLimits) -> Sorted:
    parts = (Attached(_name(part), part.file_size, partial(_load, archive, part)) for part in _files(archive))
    return sort_out(parts, limits)


def _load(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    """Never more than the archive's own list says: that much was weighed."""
    try:
        with archive.open(part) as file:
            return file.read(part.file_size if most < 0 else most)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise DocumentCorrupt from error


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [part for part in archive.infolist() if not (part.is_dir() or _is_left_by_a_system(part))]


def _is_left_by_a_system(part: zipfile.ZipInfo) -> bool:
    return any(word in LEFT_BY_SYSTEMS for word in PurePosixPath(part.filename.lower()).parts)


def _name(part: zipfile.ZipInfo) -> str:
    """Names are UTF-8 where the archive says so, and most often where it does not."""
    if part.flag_bits & UTF_8_NAMES:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return part.filename
