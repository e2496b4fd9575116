"""What a search may keep to besides collections: documents, dates, kinds, languages, who added them."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from services.database.tables.identity import Person
from services.database.tables.library import Document, Version


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are named must hold; the days are UTC's and belong to the range."""

    document_ids: frozenset[str] = frozenset()
    media_types: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    """Logins of those who added the documents."""
    published_from: date | None = None
    published_until: date | None = None
    valid_on: date | None = None
    """In force on that day, as far as anybody said from when until when a document is."""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def clauses(self) -> list[ColumnElement[bool]]:
        """WHERE clauses on `documents` and `versions`."""
        found = [
            _among(Document.id, self.document_ids),
            _among(Version.media_type, self.media_types),
            _among(Version.language, self.languages),
        ]
        if self.authors:
            logins = select(Person.id).where(Person.login.in_(sorted(self.authors)))
            found.append(Document.created_by.in_(logins))
        if self.published_from is not None:
            found.append(Version.published_at >= _midnight(self.published_from))
        if self.published_until is not None and self.published_until < date.max:
            found.append(Version.published_at < _midnight(self.published_until) + timedelta(days=1))
        if self.valid_on is not None:
            begins, ends = Document.valid_from, Document.valid_until
            found.append(begins.is_(None) | (begins <= self.valid_on))
            found.append(ends.is_(None) | (ends >= self.valid_on))
        return [clause for clause in found if clause is not None]


def _among(column: InstrumentedAttribute[str], wanted: Collection[str]) -> ColumnElement[bool] | None:
    return column.in_(sorted(wanted)) if wanted else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
