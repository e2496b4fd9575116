"""What handing in and taking out leave beside the library: keys of repeated uploads, receipts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Digest


class UploadKey(Base):
    """An Idempotency-Key of one person and the answer it gave, until it expires or its document goes."""

    __tablename__ = "upload_keys"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    key_digest: Mapped[Digest] = mapped_column(primary_key=True)
    body_digest: Mapped[Digest]
    document_id: Mapped[str | None] = mapped_column(String(32), index=True)
    reply: Mapped[dict[str, Any]] = mapped_column(default=dict)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Receipt(Base):
    """Where a removed document no longer is; `checks` is what was looked at last, with what was found."""

    __tablename__ = "receipts"
    document_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    checks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    checked_at: Mapped[datetime] = mapped_column(default=now)
    complete_at: Mapped[datetime | None] = mapped_column(index=True)
