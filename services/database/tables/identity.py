"""People, the groups they are in, their signed-in sessions and API keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
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
    person: Mapped[Person] = relationship()


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
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
