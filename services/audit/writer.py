"""The one way an audit entry is written."""

from typing import Any

from sqlalchemy.orm import Session

from services.database.tables.audit import AuditEntry


def record(
    session: Session, actor: str, action: str, subject: str, *, credential: str = "", **detail: Any
) -> None:
    """Write one entry into the caller's transaction; `detail` must hold ids and counts, never texts."""
    session.add(AuditEntry(actor=actor, credential=credential, action=action, subject=subject, detail=detail))
