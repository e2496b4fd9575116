"""Sources: places documents are synced from, what was taken from them, and what each sync did."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Digest, Id

SourceKey = Annotated[str, mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)]

# What a sync did, or in a dry run would do, with one item.
ADDED, CHANGED, REMOVED, SKIPPED = "added", "changed", "removed", "skipped"


class Source(Base):
    """A place that one collection is filled from.

    `secrets` names references (`env:NAME`, `file:path`), never the secrets. `readers` narrows what lies
    below a prefix to some groups: `[{"prefix": "hr", "group_ids": [...]}]`, the longest prefix deciding.
    A changed place has to be tested anew, so `tested_at` is emptied then.
    """

    __tablename__ = "sources"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[dict[str, Any]] = mapped_column(default=dict)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"), index=True)
    readers: Mapped[list[Any]] = mapped_column(default=list)
    every_s: Mapped[int] = mapped_column(default=0)
    is_paused: Mapped[bool] = mapped_column(default=False)
    tested_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class SourceItem(Base):
    """One thing the source holds, as it was last taken: `marker` changes when its content may have.

    `scope_id` is what the rules gave its document; where the document has another, a person decided so.
    """

    __tablename__ = "source_items"
    source_id: Mapped[SourceKey]
    key_digest: Mapped[Digest] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    marker: Mapped[str] = mapped_column(String(200), default="")
    file_digest: Mapped[str | None] = mapped_column(String(64))
    document_id: Mapped[str | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    scope_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    modified_at: Mapped[datetime | None]
    run_id: Mapped[str] = mapped_column(String(32), default="")
    taken_at: Mapped[datetime] = mapped_column(default=now)


class SourceRun(Base):
    """What one sync came to; a dry one changed nothing."""

    __tablename__ = "source_runs"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    is_dry: Mapped[bool] = mapped_column(default=False)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)


class SourceRunItem(Base):
    """One item that a sync added, changed, removed or skipped, and why."""

    __tablename__ = "source_run_items"
    run_id: Mapped[str] = mapped_column(
        ForeignKey("source_runs.run_id", ondelete="CASCADE"), primary_key=True
    )
    key_digest: Mapped[Digest] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    document_id: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (Index("ix_source_run_items_action", "run_id", "action", "key_digest"),)
