"""Committed entries are sealed into batches, each chained to the one before; upkeep asks for it.

Entries are taken as they are found committed and not by ranges of ids: on PostgreSQL a lower id may be
committed after a higher one.
"""

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.audit import chain
from services.database.session import now
from services.database.tables.audit import AuditEntry, AuditSeal
from services.settings import Settings

AT_ONCE = 1000
SEALS_LOCK = 0x7365616C73  # "seals": one sealer at a time


def is_due(session: Session, settings: Settings) -> bool:
    """Whether there is something to seal, and the last seal is old enough."""
    if session.scalar(select(AuditEntry.id).where(AuditEntry.batch.is_(None)).limit(1)) is None:
        return False
    last = newest(session)
    return last is None or now() - last.sealed_at >= timedelta(seconds=settings.audit.seal_every_s)


def seal(session: Session, secret: str) -> AuditSeal | None:
    """Seal the entries that no batch holds yet, so many at once."""
    _lock(session)
    unsealed = select(AuditEntry).where(AuditEntry.batch.is_(None)).order_by(AuditEntry.id).limit(AT_ONCE)
    entries = session.scalars(unsealed).all()
    if not entries:
        return None
    last = newest(session)
    made = AuditSeal(number=last.number + 1 if last else 1, entries=len(entries), sealed_at=now())
    for entry in entries:
        entry.batch, entry.content_digest = made.number, chain.content_digest(entry)
    made.root = chain.root(entries)
    made.digest = chain.seal_digest(made, last.digest if last else chain.BEFORE_ALL)
    made.mark = chain.mark(secret, made.digest)
    session.add(made)
    session.flush()
    return made


def newest(session: Session) -> AuditSeal | None:
    return session.scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))


def _lock(session: Session) -> None:
    # SQLite's writers take turns by themselves.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALS_LOCK})
