"""What a release said to its canary questions when it was recorded, and what the checks since found."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import NAMES_FILE, Base, Digest, Id

EXACT, TOLERATED, DRIFTED = "exact", "within_tolerance", "drifted"
ON_DEMAND, ON_START, SCHEDULED = "on-demand", "on-start", "scheduled"


class CanaryRecord(Base):
    """One recording: the frozen canary collection and all that was expected of it lie in one stored file."""

    __tablename__ = "canary_records"
    id: Mapped[Id]
    release_id: Mapped[Digest] = mapped_column(index=True)
    file_digest: Mapped[Digest] = mapped_column(info=NAMES_FILE)
    questions: Mapped[int] = mapped_column(default=0)
    recorded_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime] = mapped_column(default=now)


class DriftCheck(Base):
    """One comparison of the running release with a recording; `findings` are lists of sentences by part."""

    __tablename__ = "drift_checks"
    id: Mapped[Id]
    release_id: Mapped[Digest] = mapped_column(index=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("canary_records.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(20))
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    findings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    begun_by: Mapped[str] = mapped_column(String(12), default=ON_DEMAND, server_default=ON_DEMAND)
    checked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    checked_at: Mapped[datetime] = mapped_column(default=now)
