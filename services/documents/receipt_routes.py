"""REST of receipts: where a removed document no longer is, for who removed it and for administrators."""

from fastapi import APIRouter

from services.dependencies import Reading
from services.documents import receipts
from services.documents.schemas import ReceiptOut
from services.identity.callers import MayReadDocuments

router = APIRouter(prefix="/api/v1/documents/{document_id}/receipt", tags=["documents"])


@router.get("")
def show_receipt(document_id: str, caller: MayReadDocuments, session: Reading) -> ReceiptOut:
    """What upkeep found when it last looked in every place the document was."""
    return receipts.of(session, caller, document_id)
