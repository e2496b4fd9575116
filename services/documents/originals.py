"""Originals as they leave: always as an attachment, so that no browser runs what a document holds."""

from urllib.parse import quote

from fastapi.responses import FileResponse

from services.adapters.file_store import FileStore
from services.database.tables.library import Document, Version

PDF = "application/pdf"
UNKNOWN = "application/octet-stream"
# Even opened as a page of its own it could run, load and send nothing, and would share no origin with ours.
NOTHING = "default-src 'none'; sandbox"


def reply(document: Document, version: Version, files: FileStore) -> FileResponse:
    """A PDF by its type, for the reader that draws it; anything else as bytes of no kind."""
    return FileResponse(
        files.path(version.file_digest),
        media_type=PDF if version.media_type == PDF else UNKNOWN,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name)}",
            "Content-Security-Policy": NOTHING,
            "X-Content-Type-Options": "nosniff",
        },
    )
