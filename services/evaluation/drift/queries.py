"""Recordings and checks in SQL; a recording's content lies in the file store under its digest."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors, notices
from services.database.tables.drift import CanaryRecord, DriftCheck
from services.dependencies import PageRequest
from services.evaluation.drift.recording import Recording
from services.evaluation.drift.verdict import Verdict
from services.resources import Resources


def keep(session: Session, recording: Recording, digest: str, person_id: str) -> CanaryRecord:
    """Note a recording whose content is stored; it is what the release is compared with from now on."""
    row = CanaryRecord(
        release_id=recording.release_id,
        file_digest=digest,
        questions=len(recording.canaries),
        recorded_by=person_id,
    )
    session.add(row)
    session.flush()
    return row


def recording_for(session: Session, release_id: str) -> CanaryRecord:
    """The release's newest recording, else the newest of any: then the check says what changed since.

    errors.NotFound where nothing was ever recorded.
    """
    newest = select(CanaryRecord).order_by(CanaryRecord.recorded_at.desc(), CanaryRecord.id).limit(1)
    found = session.scalar(newest.where(CanaryRecord.release_id == release_id)) or session.scalar(newest)
    if found is None:
        raise errors.NotFound("No canaries were recorded yet: `holdfast drift record`")
    return found


def read(row: CanaryRecord, resources: Resources) -> tuple[Recording, bool]:
    """The recording, and whether its bytes are those that were stored; errors.Conflict where it is none."""
    content = resources.files.read_bytes(row.file_digest)
    is_whole = sha256(content).hexdigest() == row.file_digest
    try:
        return Recording.of_bytes(content), is_whole
    except errors.LockMismatch as error:
        what = "was made by another build" if is_whole else "is not the file that was stored"
        raise errors.Conflict(
            f"The canaries' recording {what}; record them again: `holdfast drift record`"
        ) from error


def note(
    session: Session,
    row: CanaryRecord,
    release_id: str,
    verdict: Verdict,
    *,
    begun_by: str,
    person_id: str | None = None,
) -> DriftCheck:
    """Keep what a check found; the entry in the trail names nobody where nobody asked for it."""
    check = DriftCheck(
        release_id=release_id,
        record_id=row.id,
        state=verdict.state,
        parts=dict(verdict.parts),
        findings={part: list(found) for part, found in verdict.findings.items()},
        begun_by=begun_by,
        checked_by=person_id,
    )
    session.add(check)
    session.flush()
    notices.note(session, notices.DRIFT, check.id, check.state)
    return check


def newest_check(session: Session, release_id: str) -> DriftCheck | None:
    newest = select(DriftCheck).where(DriftCheck.release_id == release_id)
    return session.scalar(newest.order_by(DriftCheck.checked_at.desc(), DriftCheck.id.desc()).limit(1))


def checks_page(session: Session, page: PageRequest) -> Sequence[DriftCheck]:
    """Newest first, at most one more than asked for."""
    query = select(DriftCheck).order_by(DriftCheck.checked_at.desc(), DriftCheck.id.desc())
    if page.after:
        last = session.get(DriftCheck, page.after)
        if last is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (DriftCheck.checked_at < last.checked_at)
            | ((DriftCheck.checked_at == last.checked_at) & (DriftCheck.id < last.id))
        )
    return session.scalars(query.limit(page.limit + 1)).all()
