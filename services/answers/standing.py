"""Whether the running release may answer: not while its newest check says that it drifted, if so set."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.drift import DRIFTED, CanaryRecord, DriftCheck
from services.resources import Resources


def require_standing(session: Session, resources: Resources) -> None:
    """errors.ReleaseDrifted where answering is to stop.

    Only by what was recorded of this release: that another one answered otherwise is no drift.
    """
    if not may_answer(session, resources):
        raise errors.ReleaseDrifted


def may_answer(session: Session, resources: Resources) -> bool:
    """As `require_standing`, asked instead of required."""
    if not resources.settings.drift.stop_answering:
        return True
    newest = session.scalar(
        select(DriftCheck.state)
        .join(CanaryRecord, CanaryRecord.id == DriftCheck.record_id)
        .where(DriftCheck.release_id == resources.lock.release_id)
        .where(CanaryRecord.release_id == resources.lock.release_id)
        .order_by(DriftCheck.checked_at.desc(), DriftCheck.id)
        .limit(1)
    )
    return newest != DRIFTED
