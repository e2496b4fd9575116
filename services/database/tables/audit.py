"""Who did what: ids only, never a text, so that the trail can be kept when a document may not be."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base


class AuditEntry(Base):
    """One act, written in the transaction of the act itself."""

    __tablename__ = "audit_entries"
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str] = mapped_column(String(32), index=True)
    credential: Mapped[str] = mapped_column(String(32), default="")
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(64), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
