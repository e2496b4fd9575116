"""Kept results of question sets; what they quote is shown to readers of all its sources only."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Digest, Id


class Evaluation(Base):
    """One run of a question set; `asked` holds questions, answers and citations with their sources' ids."""

    __tablename__ = "evaluations"
    id: Mapped[Id]
    label: Mapped[str] = mapped_column(String(200), default="")
    set_name: Mapped[str] = mapped_column(String(200))
    set_digest: Mapped[Digest]
    release_ids: Mapped[list[Any]] = mapped_column(default=list)
    manner: Mapped[dict[str, Any]] = mapped_column(default=dict)
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked: Mapped[list[Any]] = mapped_column(default=list)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    kept_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    kept_at: Mapped[datetime] = mapped_column(default=now, index=True)
