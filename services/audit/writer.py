"""The one way an audit entry is written."""

from typing import Any

from sqlalchemy.orm import Session

from services.audit import people
from services.database.tables.audit import AuditEntry


def record(
    session: Session, actor: str, action: str, subject: str, *, credential: str = "", **detail: Any
) -> None:
    """Write one entry into the caller's transaction; `detail` must hold ids and counts, never texts.

    People are written as their digests: the actor, the subject of what is done to a person, and what
    `people.PEOPLE_IN_DETAIL` names in the detail.
    """
    names_person = bool(subject) and action.startswith(people.NAMES_PERSON)
    session.add(
        AuditEntry(
            actor=people.digest_of(session, actor) if actor else "",
            credential=credential,
            action=action,
            subject=people.digest_of(session, subject) if names_person else subject,
            detail=people.in_detail(session, detail),
        )
    )
