"""The trail as lines of JSON: each seal, then its entries; last the entries that no batch holds yet."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.audit.verifying import Batch, stored_batches
from services.database.tables.audit import AuditEntry, AuditSeal

Record = dict[str, Any]
MOMENTS = ("at", "expired_at", "sealed_at")


def lines(session: Session) -> Iterator[str]:
    """What `read` takes; whoever holds the file can verify it without the database."""
    for seal, entries in stored_batches(session):
        yield _line("seal", seal)
        yield from (_line("entry", entry) for entry in entries)
    unsealed = select(AuditEntry).where(AuditEntry.batch.is_(None)).order_by(AuditEntry.id)
    yield from (_line("entry", entry) for entry in session.scalars(unsealed))


def read(given: Iterable[str]) -> Iterator[Batch]:
    """The batches of an export; entries without a batch are left out."""
    seal: AuditSeal | None = None
    entries: list[AuditEntry] = []
    for record in map(json.loads, given):
        if record.pop("type") == "seal":
            if seal is not None:
                yield seal, entries
            seal, entries = AuditSeal(**_with_moments(record)), []
        elif record["batch"] is not None:
            entries.append(AuditEntry(**_with_moments(record)))
    if seal is not None:
        yield seal, entries


def _line(kind: str, row: AuditEntry | AuditSeal) -> str:
    record = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return json.dumps({"type": kind} | record, default=_as_text) + "\n"


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _with_moments(record: Record) -> Record:
    read_as = {name: datetime.fromisoformat(record[name]) for name in MOMENTS if record.get(name)}
    return record | read_as
