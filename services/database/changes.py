"""The change log that derived indexes follow, and the tombstones that upkeep clears."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.database.tables.library import Change, Purge

FILES_LOCK = 0x66696C6573  # "files"
ORDER_LOCK = 0x6F72646572  # "order": positions are given in commit order, one publisher at a time


def append(session: Session, version_id: str, action: str) -> int:
    """Log that a version's chunks are to be found (`publish`) or not (`remove`); returns the position.

    SQLite writers already take turns; on PostgreSQL an advisory lock held to the commit orders them.
    """
    lock_order(session)
    position = newest_position(session) + 1
    session.add(Change(position=position, version_id=version_id, action=action))
    session.flush()
    return position


def lock_order(session: Session) -> None:
    """Until the commit, nobody else publishes or removes."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ORDER_LOCK})


def lock_files(session: Session) -> None:
    """Until the commit, nobody else decides which stored files are still named by a version.

    A purge that found a file unused and an upload of the same bytes must not overlap.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FILES_LOCK})


def newest_position(session: Session) -> int:
    """Position of the newest change, 0 before the first."""
    return session.scalar(select(func.max(Change.position))) or 0


def bury(session: Session, version_id: str) -> None:
    """Ask upkeep to clear what the version left in the chunk index and the file store."""
    purge = session.get(Purge, version_id)
    if purge is None:
        session.add(Purge(version_id=version_id))
    else:  # cleared once as an older version; its document's removal asks for its text and file as well
        purge.sightings, purge.done_at = 0, None
