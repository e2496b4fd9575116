"""Answers as given: text, citations, the sources they rest on, and what reproduces them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.database.session import now
from services.database.tables.base import Base, Digest, Id

RUNNING, DONE, REFUSED, STOPPED, FAILED = "running", "done", "refused", "stopped", "failed"


class Answer(Base):
    """One answer; shown only to a reader who may read all of its sources now."""

    __tablename__ = "answers"
    id: Mapped[Id]
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
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
    timings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    sources: Mapped[list["AnswerSource"]] = relationship(cascade="all, delete-orphan")


class AnswerSource(Base):
    """One version whose text went into the prompt, the answer or the nearest passages."""

    __tablename__ = "answer_sources"
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), primary_key=True, index=True)
