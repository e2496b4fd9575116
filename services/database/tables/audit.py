"""Who did what: ids only, never a text, so that the trail can be kept when a document may not be."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.session import now
from services.database.tables.base import Base, Digest


def new_salt() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(16)


class AuditEntry(Base):
    """One act, written in the transaction of the act itself.

    `actor` is a person's digest (`AuditKey`), or the id of a source that acted by itself. `batch` is the seal
    that it went into. What an expired entry held is gone; its id, time, action and `content_digest` stay.
    """

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
    salt: Mapped[str] = mapped_column(String(32), default=new_salt, server_default="")
    batch: Mapped[int | None] = mapped_column(index=True)
    content_digest: Mapped[Digest] = mapped_column(default="", server_default="")
    expired_at: Mapped[datetime | None]


class AuditKey(Base):
    """What a person's digest in the trail is made with; without this row nobody can tell whose it is."""

    __tablename__ = "audit_keys"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32), default=new_salt)
    digest: Mapped[str] = mapped_column(String(32), unique=True)


class AuditSeal(Base):
    """A batch of committed entries, chained to the one before.

    `root` covers the entries, `digest` the root and the seal before, `mark` is the digest under the
    installation's secret key.
    """

    __tablename__ = "audit_seals"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    root: Mapped[Digest]
    digest: Mapped[Digest]
    mark: Mapped[Digest]
    sealed_at: Mapped[datetime] = mapped_column(default=now)
