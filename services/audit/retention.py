"""How long each kind of entry keeps what it holds; what is over is emptied, and the chain still holds."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.audit import writer
from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.settings import Audit

AT_ONCE = 1000


def kept_days(action: str, settings: Audit) -> int:
    """Days an entry of this action is kept, 0 for ever: said of the action, of its kind, or of all."""
    kind = action.partition(".")[0]
    return settings.keep_days_of.get(action, settings.keep_days_of.get(kind, settings.keep_days))


def expire(session: Session, settings: Audit) -> int:
    """Empty sealed entries that are kept no longer, so many at once; returns how many.

    That it was done is an entry of its own, with the numbers.
    """
    if not settings.keep_days and not any(settings.keep_days_of.values()):
        return 0
    emptied: Counter[str] = Counter()
    for action in session.scalars(select(AuditEntry.action).distinct()).all():
        days = kept_days(action, settings)
        if days:
            emptied[action] = _empty(session, action, days)
    if emptied.total():
        writer.record(session, "", "audit.expire", "", emptied=dict(+emptied))
    return emptied.total()


def _empty(session: Session, action: str, days: int) -> int:
    at = now()
    over = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == action, AuditEntry.at < at - timedelta(days=days))
        .where(AuditEntry.batch.is_not(None), AuditEntry.expired_at.is_(None))
        .order_by(AuditEntry.id)
        .limit(AT_ONCE)
    ).all()
    for entry in over:
        entry.salt = entry.actor = entry.credential = entry.subject = ""
        entry.detail, entry.expired_at = {}, at
    return len(over)
