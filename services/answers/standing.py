"""Whether the running release may answer: not while its newest check says that it drifted, if so set."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.drift import DRIFTED, DriftCheck
from services.resources import Resources


def require_standing(session: Session, resources: Resources) -> None:
    """errors.ReleaseDrifted where answering is to stop."""
    if not resources.settings.drift.stop_answering:
        return
    newest = session.scalar(
        select(DriftCheck.state)
        .where(DriftCheck.release_id == resources.lock.release_id)
        .order_by(DriftCheck.checked_at.desc(), DriftCheck.id)
        .limit(1)
    )
    if newest == DRIFTED:
        raise errors.ReleaseDrifted
