"""Idempotency-Key: an upload sent again under its key is answered as it was, and nothing is done twice.

Keys are each person's own, and hold for a day. Another upload under a used key is refused, whatever became
of the first. What the answer names is shown only while the caller may read it.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import errors, runs
from services.database.tables.library import Document
from services.database.tables.uploads import UploadKey
from services.documents import queries
from services.documents.schemas import Uploaded
from services.documents.uploads import ReceivedForm
from services.identity import permissions
from services.identity.callers import Caller

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Repeat:
    """One upload under its key: both as digests, the second of all that the upload says."""

    key_digest: str
    body_digest: str


def named(key: str | None, form: ReceivedForm, file_digest: str) -> Repeat | None:
    """The upload under its key, None without one; the boundary between the form's parts does not count."""
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise errors.InvalidRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters")
    said = json.dumps([form.file_name, file_digest, form.fields], sort_keys=True)
    return Repeat(sha256(key.encode()).hexdigest(), sha256(said.encode()).hexdigest())


def answer_given(session: Session, caller: Caller, repeat: Repeat | None) -> Uploaded | None:
    """The answer this upload got before; errors.Conflict where its key was used for another one."""
    row = session.get(UploadKey, (caller.person_id, repeat.key_digest)) if repeat else None
    if repeat is None or row is None or row.expires_at <= runs.database_now(session):
        return None
    if row.body_digest != repeat.body_digest:
        raise errors.Conflict("This Idempotency-Key was used for another upload; take a new one")
    queries.readable_document(session, caller, row.document_id or "")
    given = Uploaded.model_validate(row.reply)
    named = [one.id for one in given.same_content]
    query = select(Document.id).where(Document.id.in_(named), permissions.documents_readable_by(caller))
    readable = set(session.scalars(query))
    kept = [one for one in given.same_content if one.id in readable]
    return given.model_copy(update={"same_content": kept})


def begin(session: Session, caller: Caller, repeat: Repeat | None, hours: float) -> Uploaded | None:
    """Take the key for this transaction; the answer given before, where another had it already.

    Of two uploads sent at once the second waits here for the first to commit.
    """
    if repeat is None:
        return None
    moment = runs.database_now(session)
    taken = UploadKey.person_id == caller.person_id, UploadKey.key_digest == repeat.key_digest
    session.execute(delete(UploadKey).where(*taken, UploadKey.expires_at <= moment))
    row = UploadKey(
        person_id=caller.person_id,
        key_digest=repeat.key_digest,
        body_digest=repeat.body_digest,
        expires_at=moment + timedelta(hours=hours),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return answer_given(session, caller, repeat)
    return None


def keep(session: Session, caller: Caller, repeat: Repeat | None, given: Uploaded) -> None:
    """Remember the answer under its key."""
    if repeat is not None:
        row = session.get_one(UploadKey, (caller.person_id, repeat.key_digest))
        row.document_id, row.reply = given.document.id, given.model_dump(mode="json")
