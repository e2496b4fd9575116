"""Webhooks: who is told where of what ended, and every telling on its way or ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Id

DUE, DELIVERED, FAILED, WITHHELD = "due", "delivered", "failed", "withheld"


class Webhook(Base):
    """An address that one person's application is told at; `made_with` is the credential it goes by.

    Secrets are sealed with the installation's key. After a rotation the old one signs too, for a while.
    """

    __tablename__ = "webhooks"
    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    made_with: Mapped[dict[str, Any]] = mapped_column(default=dict)
    url: Mapped[str] = mapped_column(String(2000))
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    secret: Mapped[str] = mapped_column(Text)
    old_secret: Mapped[str] = mapped_column(Text, default="")
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebhookDelivery(Base):
    """One thing that happened, for one webhook; its id is the same at every attempt.

    `subject` is the id of what ended and `outcome` how: no text of anybody's. `due_at` is set on before an
    attempt is made, so that one whose process was killed is made again.
    """

    __tablename__ = "webhook_deliveries"
    id: Mapped[Id]
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(24), default="")
    state: Mapped[str] = mapped_column(String(12), default=DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    error_code: Mapped[str] = mapped_column(String(40), default="")
    happened_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_webhook_deliveries_of", "webhook_id", "happened_at", "id"),
        # Only what is still to be sent: its size is the backlog's, however much was ever told.
        Index(
            "ix_webhook_deliveries_due",
            "due_at",
            sqlite_where=text("state = 'due'"),
            postgresql_where=text("state = 'due'"),
        ),
    )
