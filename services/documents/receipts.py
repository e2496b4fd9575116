"""Receipts of removals as a person is shown them; upkeep writes them from what it finds."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.tables.audit import AuditEntry
from services.database.tables.library import Document
from services.database.tables.uploads import Receipt
from services.documents.schemas import Place, ReceiptOut
from services.identity.callers import Caller

PLACES = ("text", "vectors", "files", "lexical", "caches")


def of(session: Session, caller: Caller, document_id: str) -> ReceiptOut:
    """The receipt of a document that the caller removed; an administrator sees every one.

    errors.NotFound where there is none to see, whatever the reason.
    """
    document = session.get(Document, document_id)
    if document is None or document.deleted_at is None:
        raise errors.NotFound("There is no such receipt")
    if caller.account_id or not caller.reaches(document.collection_id):
        raise errors.NotFound("There is no such receipt")
    if not caller.is_admin and not _removed_by(session, caller, document):
        raise errors.NotFound("There is no such receipt")
    receipt = session.get(Receipt, document_id)
    checks = receipt.checks if receipt else {}
    return ReceiptOut(
        document_id=document_id,
        deleted_at=document.deleted_at,
        checked_at=receipt.checked_at if receipt else None,
        complete_at=receipt.complete_at if receipt else None,
        places=[
            Place(place=place, looked_at=checks[place]["looked_at"], left=checks[place]["left"])
            for place in PLACES
            if place in checks
        ],
        hidden_answers=checks["answers"]["hidden"] if checks else 0,
        shared_files=checks["files"]["shared"] if checks and caller.is_admin else None,
    )


def _removed_by(session: Session, caller: Caller, document: Document) -> bool:
    """Whether the audit trail says so, of the document or of what it was attached to."""
    subjects = [document.id] + ([document.parent_id] if document.parent_id else [])
    entry = exists().where(
        AuditEntry.subject.in_(subjects),
        AuditEntry.action == "document.remove",
        AuditEntry.actor == audit.known_digest(session, caller.person_id),
    )
    return bool(session.scalar(select(entry)))
