"""All long work, whatever its kind: one row, one state machine."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Id

WAITING, RUNNING, DONE = "waiting", "running", "done"
FAILED, QUARANTINED, CANCELLED = "failed", "quarantined", "cancelled"
ENDED = (DONE, FAILED, QUARANTINED, CANCELLED)


class Run(Base):
    """One run; an ingestion job is a run of kind `ingest` whose `subject` is a version's id.

    `fence` grows with every claim, so a worker that lost its lease cannot write any more.
    """

    __tablename__ = "runs"
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    stage: Mapped[str] = mapped_column(String(24), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(120), default="")
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(String(40), default="")
    error_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_runs_state_priority", "state", "priority", "created_at"),)
