"""REST of documents: add, list, read, narrow, remove."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from services import errors
from services.database.tables.library import Document, Version
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.documents import accepting, library, originals, queries, uploads, views
from services.documents.schemas import (
    DocumentOut,
    DocumentPage,
    DocumentPatch,
    Readers,
    StoredTextOut,
    Uploaded,
)
from services.identity.callers import MayReadDocuments, MayWriteDocuments

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])
FORM_OVERHEAD = 256 * 1024

UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["collection", "file"],
                    "properties": {
                        "collection": {"type": "string", "description": "id or name"},
                        "reader_group_ids": {"type": "array", "items": {"type": "string"}},
                        "name": {"type": "string", "description": "instead of the file's; may hold folders"},
                        "valid_from": {"type": "string", "format": "date"},
                        "valid_until": {"type": "string", "format": "date"},
                        "bulk_id": {"type": "string", "description": "the bulk it belongs to"},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


@router.post("", status_code=202, openapi_extra=UPLOAD_BODY)
async def upload(
    request: Request,
    response: Response,
    caller: MayWriteDocuments,
    resources: Opened,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Uploaded:
    """Take a file in; its job reads and indexes it. The same name again makes a new version.

    The same content under the same name changes nothing (`unchanged`). Sent again under its Idempotency-Key,
    an upload gets the answer it got before, with the header `Idempotency-Replayed`.
    """
    limit = resources.settings.files.max_upload_bytes
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise errors.TooLarge(f"The file is larger than the {limit // 1024 // 1024} MiB allowed")
    with resources.files.receive(limit=limit) as incoming:
        form = await uploads.receive_form(request.headers.get("content-type", ""), request.stream(), incoming)
        uploaded, was_answered = await run_in_threadpool(
            accepting.accept, caller, form, incoming, idempotency_key, resources
        )
    if was_answered:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/api/v1/jobs/{uploaded.job.id}"
    return uploaded


@router.get("")
def list_documents(
    caller: MayReadDocuments, session: Reading, page: Page, collection: str | None = None
) -> DocumentPage:
    """The documents the caller may read, by name."""
    collection_id = queries.collection_named(session, caller, collection).id if collection else None
    found = queries.documents_page(session, caller, page, collection_id)
    shown = found[: page.limit]
    last = f"{shown[-1].name}\n{shown[-1].id}" if len(found) > page.limit else None
    return DocumentPage(items=views.document_views(session, shown), next_cursor=next_cursor(last))


@router.get("/{document_id}")
def show_document(document_id: str, caller: MayReadDocuments, session: Reading) -> DocumentOut:
    return views.document_view(session, queries.readable_document(session, caller, document_id))


@router.delete("/{document_id}", status_code=204)
def remove_document(document_id: str, caller: MayWriteDocuments, session: Transaction) -> None:
    """Remove it from every answer at once."""
    document = queries.readable_document(session, caller, document_id)
    library.collection_to_add_to(session, caller, document.collection_id)
    library.remove(session, caller, document)


@router.patch("/{document_id}")
def change_document(
    document_id: str, wanted: DocumentPatch, caller: MayWriteDocuments, session: Transaction
) -> DocumentOut:
    """Say from when until when it is in force; else it is found later, and its citations say the days."""
    document = queries.readable_document(session, caller, document_id)
    library.collection_to_add_to(session, caller, document.collection_id)
    library.set_validity(session, caller, document, wanted.model_dump(exclude_unset=True))
    return views.document_view(session, document)


@router.put("/{document_id}/readers")
def set_readers(
    document_id: str, readers: Readers, caller: MayWriteDocuments, session: Transaction, resources: Opened
) -> DocumentOut:
    """Narrow the collection's readers for this document, or lift the narrowing."""
    document = queries.readable_document(session, caller, document_id)
    library.require_curator(session, caller, document.collection_id)
    library.narrow(session, caller, document, readers.group_ids, resources)
    return views.document_view(session, document)


@router.get("/{document_id}/text")
def show_text(
    document_id: str, caller: MayReadDocuments, session: Transaction, resources: Opened
) -> StoredTextOut:
    """The stored text that citations point into; reading it is audited."""
    document = queries.readable_document(session, caller, document_id)
    version = _visible(document)
    library.record_reading(session, caller, "document.text", document.id, version.id)
    return views.stored_text(version, resources.files)


@router.get("/{document_id}/file", response_class=FileResponse)
def download_file(
    document_id: str, caller: MayReadDocuments, session: Transaction, resources: Opened
) -> FileResponse:
    """The original, always as an attachment; reading it is audited."""
    document = queries.readable_document(session, caller, document_id)
    version = _visible(document)
    library.record_reading(session, caller, "document.file", document.id, version.id)
    return originals.reply(document, version, resources.files)


def _visible(document: Document) -> Version:
    version = queries.visible_version(document)
    if version is None:
        raise errors.NotFound("The document has not been read yet")
    return version
