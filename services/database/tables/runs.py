"""All long work, whatever its kind: one row, one state machine; who asked for much at once, and who works."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Id

WAITING, RUNNING, DONE = "waiting", "running", "done"
FAILED, QUARANTINED, CANCELLED = "failed", "quarantined", "cancelled"
ENDED = (DONE, FAILED, QUARANTINED, CANCELLED)


class Run(Base):
    """One run; an ingestion job is a run of kind `ingest` whose `subject` is a version's id.

    `fence` grows with every claim, so a worker that lost its lease cannot write any more. Of the runs of a
    kind that wait, the one with the smallest `turn` comes next (see `services.runs.turns`).
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
    bulk_id: Mapped[str | None] = mapped_column(String(32))
    lane: Mapped[str] = mapped_column(String(80), default="")
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    paused: Mapped[bool] = mapped_column(default=False)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(120), default="")
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(String(40), default="")
    error_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_runs_state_priority", "state", "priority", "created_at"),
        # Only what can be claimed: its size is the queue's, however many runs have ended.
        Index(
            "ix_runs_next",
            "kind",
            "turn",
            "created_at",
            "id",
            sqlite_where=text("state = 'waiting' AND paused = 0"),
            postgresql_where=text("state = 'waiting' AND NOT paused"),
        ),
        # The turn reached so far: the largest of those that were ever claimed.
        Index(
            "ix_runs_clock",
            "kind",
            "turn",
            sqlite_where=text("started_at IS NOT NULL"),
            postgresql_where=text("started_at IS NOT NULL"),
        ),
        Index("ix_runs_lane", "lane", "turn"),
        Index("ix_runs_kind", "kind", "created_at"),
        Index("ix_runs_bulk", "bulk_id", "state"),
    )


class Bulk(Base):
    """Many runs asked for together, as one object: a folder's upload, or what one sync brought."""

    __tablename__ = "bulks"
    id: Mapped[Id]
    title: Mapped[str] = mapped_column(String(200), default="")
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    expected: Mapped[int | None]
    unchanged: Mapped[int] = mapped_column(default=0)  # files that were there already and made no run
    paused: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    cancelled_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When webhooks were last told that all of it had ended."""


class Worker(Base):
    """A process that takes runs, as long as it says so; one that died stops saying it."""

    __tablename__ = "workers"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
