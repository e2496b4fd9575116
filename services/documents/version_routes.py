"""REST of a document's history: its versions, the text of each, and what changed from one to another."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse

from services import errors
from services.database.tables.library import Document, Version
from services.dependencies import Opened, Reading, Transaction
from services.documents import diffs, library, originals, queries, views
from services.documents.schemas import History, StoredTextOut, TextDiff
from services.identity.callers import MayReadDocuments


def numbers(
    before: Annotated[int, Query(alias="from", ge=1)], after: Annotated[int, Query(alias="to", ge=1)]
) -> tuple[int, int]:
    """The versions to compare, by their numbers."""
    return before, after


FromTo = Annotated[tuple[int, int], Depends(numbers)]
router = APIRouter(prefix="/api/v1/documents/{document_id}/versions", tags=["documents"])


@router.get("")
def list_versions(document_id: str, caller: MayReadDocuments, session: Reading) -> History:
    """Every version of the document, the newest first."""
    document = queries.readable_document(session, caller, document_id)
    return History(items=views.history(session, document))


@router.get("/diff")
def show_difference(
    document_id: str, between: FromTo, caller: MayReadDocuments, session: Transaction, resources: Opened
) -> TextDiff:
    """What changed in the stored text from one version to another; reading it is audited."""
    document = queries.readable_document(session, caller, document_id)
    pair = [_with_text(document, number) for number in between]
    for version in pair:
        library.record_reading(session, caller, "document.text", document.id, version.id)
    old, new = (resources.files.read_text(version.text_digest or "") for version in pair)
    found = diffs.differences(old, new)
    return TextDiff(
        from_version=between[0],
        to_version=between[1],
        added_lines=sum(len(one.to_text.splitlines()) for one in found),
        removed_lines=sum(len(one.from_text.splitlines()) for one in found),
        differences=found,
    )


@router.get("/{number}/text")
def show_version_text(
    document_id: str, number: int, caller: MayReadDocuments, session: Transaction, resources: Opened
) -> StoredTextOut:
    """The stored text of one version; reading it is audited."""
    document = queries.readable_document(session, caller, document_id)
    version = _with_text(document, number)
    library.record_reading(session, caller, "document.text", document.id, version.id)
    return views.stored_text(version, resources.files)


@router.get("/{number}/file", response_class=FileResponse)
def download_version_file(
    document_id: str, number: int, caller: MayReadDocuments, session: Transaction, resources: Opened
) -> FileResponse:
    """The original of one version, as `/file` gives the present one's; reading it is audited."""
    document = queries.readable_document(session, caller, document_id)
    version = _with_text(document, number)
    library.record_reading(session, caller, "document.file", document.id, version.id)
    return originals.reply(document, version, resources.files)


def _with_text(document: Document, number: int) -> Version:
    version = next((one for one in document.versions if one.number == number), None)
    if version is None or version.text_digest is None:
        raise errors.NotFound("There is no such version with a text")
    return version
