"""Index generations: one complete index each, made by one embedder and one chunker."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import NAMES_FILE, Base

# What a generation goes through; one at most is live, and what was live before is kept for return.
BUILDING, READY, LIVE, KEPT = "building", "ready", "live", "kept"


class IndexGeneration(Base):
    """A generation, and what its indexes should hold as upkeep last counted it in SQL."""

    __tablename__ = "index_generations"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    embedder: Mapped[str] = mapped_column(String(64))
    chunker: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12), default=BUILDING)
    rebuilds: Mapped[int] = mapped_column(default=0)
    """How often it was asked to be made anew; a replica that has done fewer does it."""
    checked_position: Mapped[int] = mapped_column(BigInteger, default=0)
    checked_chunks: Mapped[int] = mapped_column(default=0)
    checked_mark: Mapped[int] = mapped_column(BigInteger, default=0)
    checked_at: Mapped[datetime | None]
    comparison: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime] = mapped_column(default=now)
    live_since: Mapped[datetime | None]


class GenerationVersion(Base):
    """What a generation that is not live holds of a version: the files of its text, chunks and vectors."""

    __tablename__ = "generation_versions"
    generation: Mapped[str] = mapped_column(
        ForeignKey("index_generations.name", ondelete="CASCADE"), primary_key=True
    )
    version_id: Mapped[str] = mapped_column(
        ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    text_digest: Mapped[str] = mapped_column(String(64), info=NAMES_FILE)
    vectors_digest: Mapped[str] = mapped_column(String(64), info=NAMES_FILE)
    chunks_digest: Mapped[str] = mapped_column(String(64), info=NAMES_FILE)
    chunks: Mapped[int] = mapped_column(default=0)
