"""Which stored files are still named: what no row names any more may be removed."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from services.database import tables
from services.database.tables.base import NAMES_FILE
from services.database.tables.library import Document, Purge, Version


def named(session: Session, digests: Collection[str], *, besides: Collection[str] = ()) -> set[str]:
    """Those of these digests that are still needed, by others than these versions.

    A removed document needs its files only until it has been purged.
    """
    found: set[str] = set()
    for column in naming_columns():
        is_needed = _version_counts(besides) if column.table is Version.__table__ else true()
        found.update(session.scalars(select(column).where(column.in_(digests), is_needed)))
    return found


def naming_columns() -> Iterator[Column[Any]]:
    """Every column whose values are digests of stored files, marked by its info."""
    for table in tables.metadata.sorted_tables:
        yield from (column for column in table.columns if column.info.items() >= NAMES_FILE.items())


def _version_counts(besides: Collection[str]) -> ColumnElement[bool]:
    living = select(Document.id).where(Document.deleted_at.is_(None))
    unpurged = select(Purge.version_id).where(Purge.done_at.is_(None))
    return or_(Version.document_id.in_(living), Version.id.in_(unpurged)) & Version.id.not_in(besides)
