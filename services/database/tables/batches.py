"""Questions asked many at once: a run of kind `answers` works on each batch."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.database.session import now
from services.database.tables.base import Base, Id


class AnswerBatch(Base):
    """What one person asked; `asked_with` is the credential that must still stand when it is answered."""

    __tablename__ = "answer_batches"
    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    asked_with: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    questions: Mapped[list["BatchQuestion"]] = relationship(
        cascade="all, delete-orphan", order_by="BatchQuestion.number", passive_deletes=True
    )


class BatchQuestion(Base):
    """One of them; done once it has an answer or an error."""

    __tablename__ = "batch_questions"
    batch_id: Mapped[str] = mapped_column(
        ForeignKey("answer_batches.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wanted: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer_id: Mapped[str | None] = mapped_column(ForeignKey("answers.id", ondelete="SET NULL"), index=True)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    done_at: Mapped[datetime | None]
