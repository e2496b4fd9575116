"""What was removed and is not accounted for yet."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.tables.library import Document
from services.database.tables.uploads import Receipt


def without_receipt(session: Session, limit: int) -> Sequence[str]:
    """Ids of removed documents whose receipt is not complete, those first that were looked at longest ago."""
    query = (
        select(Document.id)
        .outerjoin(Receipt, Receipt.document_id == Document.id)
        .where(Document.deleted_at.is_not(None), Receipt.complete_at.is_(None))
        .order_by(Receipt.checked_at.is_not(None), Receipt.checked_at, Document.deleted_at)
    )
    return session.scalars(query.limit(limit)).all()
