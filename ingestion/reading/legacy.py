"""Compound files by what they hold, whatever they are called: legacy Office, Outlook mail, locked files."""

from collections.abc import Callable, Iterator

from ingestion.reading import excel, outlook, slides97, word97
from ingestion.reading.attached import Attached
from ingestion.reading.compound import CompoundFile
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Reading
from services.errors import DocumentEncrypted, UnsupportedMedia

Reader = Callable[[CompoundFile, ParseLimits], Reading]

MAIL = "__properties_version1.0"
ENCRYPTED = ("EncryptedPackage", "EncryptionInfo")
READERS: dict[str, Reader] = {
    "WordDocument": word97.read,
    "Workbook": excel.read_xls,
    "Book": excel.read_xls,
    "PowerPoint Document": slides97.read,
    MAIL: outlook.read,
}


def read(data: bytes, limits: ParseLimits) -> Reading:
    file = CompoundFile(data)
    if any(name in file for name in ENCRYPTED):
        raise DocumentEncrypted
    for stream, reader in READERS.items():
        if stream in file:
            return reader(file, limits)
    raise UnsupportedMedia("The file is of a kind that cannot be read; save it as PDF.")


def attachments(data: bytes, limits: ParseLimits) -> Iterator[Attached]:
    file = CompoundFile(data)
    if MAIL in file:
        yield from outlook.attachments(file, limits)
