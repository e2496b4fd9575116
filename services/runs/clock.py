"""The database's clock: every lease is measured by it."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import errors


def database_now(session: Session) -> datetime:
    """The database's clock in UTC."""
    moment = session.scalar(select(func.current_timestamp()))
    if isinstance(moment, str):  # SQLite answers in text
        moment = datetime.fromisoformat(moment)
    if moment is None:
        raise errors.DatabaseUnavailable
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
