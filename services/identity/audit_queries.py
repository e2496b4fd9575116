"""The trail as it is looked through: filtered, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.tables.audit import AuditEntry
from services.dependencies import PageRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is None or empty does not narrow. `action` may be a kind ("document")."""

    person_id: str | None = None
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_page(session: Session, wanted: Wanted, page: PageRequest) -> Sequence[AuditEntry]:
    """Newest first, at most one more than asked for."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(page.limit + 1)
    if page.after:
        if not page.after.isdecimal() or len(page.after) > 18:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(AuditEntry.id < int(page.after))
    if wanted.person_id:
        digest = audit.known_digest(session, wanted.person_id)
        query = query.where(AuditEntry.actor == digest if digest else false())
    if wanted.action:
        kind = AuditEntry.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where((AuditEntry.action == wanted.action) | kind)
    if wanted.subject:
        about = audit.known_digest(session, wanted.subject) or wanted.subject
        query = query.where(AuditEntry.subject == about)
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return session.scalars(query).all()
