"""Answers as given: text, citations, the sources they rest on, and what reproduces them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.database.session import now
from services.database.tables.base import Base, Digest, Id

RUNNING, DONE, REFUSED, STOPPED, FAILED = "running", "done", "refused", "stopped", "failed"


class Conversation(Base):
    """One person's questions that belong together; its title is what the first of them asked."""

    __tablename__ = "conversations"
    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    asked_at: Mapped[datetime] = mapped_column(default=now)


class Answer(Base):
    """One answer; shown only to a reader who may read all of its sources now."""

    __tablename__ = "answers"
    id: Mapped[Id]
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    question: Mapped[str] = mapped_column(Text)
    searched_as: Mapped[str] = mapped_column(Text, default="")
    policy: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12), default=RUNNING)
    kind: Mapped[str] = mapped_column(String(12), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    sentences: Mapped[list[Any]] = mapped_column(default=list)
    nearest: Mapped[list[Any]] = mapped_column(default=list)
    dropped_sentences: Mapped[int] = mapped_column(default=0)
    release_id: Mapped[Digest] = mapped_column(default="")
    model: Mapped[str] = mapped_column(String(200), default="")
    prompt_hash: Mapped[Digest] = mapped_column(default="")
    prompt_chunks: Mapped[list[Any]] = mapped_column(default=list)
    sampling: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_with: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Digests of the release's parts, places of the passages, and digests of what the model said."""
    conflicts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    options: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """Which things the question may mean, where the answer asks back."""
    timings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    finish_reason: Mapped[str] = mapped_column(String(12), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    finished_at: Mapped[datetime | None]
    sources: Mapped[list["AnswerSource"]] = relationship(cascade="all, delete-orphan")


class AnswerFeedback(Base):
    """What the asker thought of an answer; a correction says what would have been right."""

    __tablename__ = "answer_feedback"
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    is_good: Mapped[bool]
    correction: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime] = mapped_column(default=now)


class AnswerSource(Base):
    """One version whose text went into the prompt, the answer or the nearest passages."""

    __tablename__ = "answer_sources"
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), primary_key=True, index=True)


class AnswerShare(Base):
    """A link by which colleagues see an answer, or a conversation as far as it had come when it was shared.

    It grants nothing: whoever follows it is shown what rests on sources that they may read themselves.
    """

    __tablename__ = "answer_shares"
    id: Mapped[Id]
    shared_by: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    answer_id: Mapped[str | None] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
