"""People, the groups they are in, their signed-in sessions and API keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.database.session import now
from services.database.tables.base import Base, Digest, Id


class Membership(Base):
    """A person in a group."""

    __tablename__ = "memberships"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[str] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Group(Base):
    """What access is granted to; the group named `everyone` holds every person."""

    __tablename__ = "groups"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Person(Base):
    """Somebody who may sign in (or, with no password, an account for keys only)."""

    __tablename__ = "people"
    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_auditor: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Reads the audit trail and whether it is whole; changes nothing by it, and reads no document by it."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    groups: Mapped[list[Group]] = relationship(secondary="memberships", order_by="Group.name")


class WebSession(Base):
    """A signed-in browser; the cookie's token is kept as a digest only."""

    __tablename__ = "web_sessions"
    id: Mapped[Id]
    token_digest: Mapped[Digest] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    provider_sid: Mapped[str] = mapped_column(String(200), default="", index=True)
    """The provider's name for the session there, where it was opened there."""
    provider_tokens: Mapped[str] = mapped_column(Text, default="")
    """Encrypted: what the claims are read again with, and what the provider's logout asks for."""
    person: Mapped[Person] = relationship()


class OutsideIdentity(Base):
    """A person as a provider knows them, and what it said last; that counts until `expires_at`."""

    __tablename__ = "outside_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300))
    claims: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is shown of them in `whoami`."""
    group_names: Mapped[list[Any]] = mapped_column(default=list)
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_auditor: Mapped[bool] = mapped_column(default=False, server_default=false())
    read_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    renewing_until: Mapped[datetime | None]


class ServiceAccount(Base):
    """An application's account: a person without a password, who holds keys and may act for people."""

    __tablename__ = "service_accounts"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(400), default="")
    public_key: Mapped[str] = mapped_column(Text, default="")
    """PEM; what the account signs for whom it acts with. Empty: it acts for itself only."""
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    person: Mapped[Person] = relationship()


class UsedToken(Base):
    """A signed token that may be used once, by the digest of its id, until it expires anyhow."""

    __tablename__ = "used_tokens"
    digest: Mapped[Digest] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInAttempts(Base):
    """How often a sign-in was tried in the window that began at `since`; the subject is a keyed digest."""

    __tablename__ = "sign_in_attempts"
    subject: Mapped[Digest] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime] = mapped_column(default=now, index=True)


class ApiKey(Base):
    """An application's credential; shown once, kept as a digest."""

    __tablename__ = "api_keys"
    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    prefix: Mapped[str] = mapped_column(String(16))
    key_digest: Mapped[Digest] = mapped_column(unique=True)
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    collection_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The only collections it reaches; None means all that its owner does."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
