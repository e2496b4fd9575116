"""People in the trail: digests under a key of each person; deleting the key forgets who it was."""

import hashlib
import hmac
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from services.database.tables.audit import AuditKey, new_salt
from services.database.tables.identity import Person

NAMES_PERSON = ("person.", "session.", "account.")
"""Actions whose subject is a person, or an account of an application."""
PEOPLE_IN_DETAIL = frozenset({"person", "people", "added", "removed", "acts_for"})
"""Names in the detail that hold ids of people."""
_SEEN = "audit_digests"


def digest_of(session: Session, person_id: str) -> str:
    """What the person is called in the trail; an id that is no person's (a source's) stays as it is."""
    seen: dict[str, str] = session.info.setdefault(_SEEN, {})
    if person_id not in seen:
        with session.no_autoflush:
            seen[person_id] = known_digest(session, person_id) or _new_digest(session, person_id)
    return seen[person_id]


def known_digest(session: Session, person_id: str) -> str | None:
    """None where the person never did anything, or is forgotten."""
    return session.scalar(select(AuditKey.digest).where(AuditKey.person_id == person_id))


def behind(session: Session, digests: Collection[str]) -> dict[str, Person]:
    """Who the digests stand for, as far as their keys are there."""
    rows = session.execute(
        select(AuditKey.digest, Person)
        .join(Person, Person.id == AuditKey.person_id)
        .where(AuditKey.digest.in_(set(digests)))
    ).all()
    return {digest: person for digest, person in rows}  # noqa: C416  (rows are no pairs to mypy)


def forget(session: Session, person_id: str) -> bool:
    """Delete the person's key; returns whether there was one. What they do from now on has another."""
    session.info.pop(_SEEN, None)
    gone = delete(AuditKey).where(AuditKey.person_id == person_id).returning(AuditKey.person_id)
    return session.scalar(gone) is not None


def in_detail(session: Session, detail: dict[str, Any]) -> dict[str, Any]:
    """The detail with its people as digests."""
    return {
        name: _digests(session, value) if name in PEOPLE_IN_DETAIL else value
        for name, value in detail.items()
    }


def _digests(session: Session, value: object) -> object:
    if isinstance(value, str) and value:
        return digest_of(session, value)
    if isinstance(value, list):
        return [_digests(session, one) for one in value]
    return value


def _new_digest(session: Session, person_id: str) -> str:
    if session.scalar(select(Person.id).where(Person.id == person_id)) is None:
        return person_id
    salt = new_salt()
    digest = hmac.new(salt.encode(), person_id.encode(), hashlib.sha256).hexdigest()[:32]
    # Two first acts at once: the second waits for the first and takes its key.
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    wanted = dialect.insert(AuditKey).values(person_id=person_id, salt=salt, digest=digest)
    session.execute(wanted.on_conflict_do_nothing())
    return known_digest(session, person_id) or digest
