"""A received upload becomes a document: checked, kept, and committed with its job in one transaction."""

from datetime import date

from sqlalchemy.orm import Session

from services import errors
from services.adapters.file_store import IncomingFile
from services.database import changes
from services.documents import bulks, library, queries, repeats, views
from services.documents.library import NewFile
from services.documents.schemas import DocumentRef, Uploaded
from services.documents.uploads import ReceivedForm
from services.identity.callers import Caller
from services.media_types import HEAD_BYTES, detect_media_type
from services.resources import Resources
from services.runs import queue


def accept(
    caller: Caller, form: ReceivedForm, incoming: IncomingFile, key: str | None, resources: Resources
) -> tuple[Uploaded, bool]:
    """What became of the upload, and whether it was answered before under its Idempotency-Key."""
    repeat = repeats.named(key, form, incoming.digest)
    with resources.transactions.read() as session:
        before = repeats.answer_given(session, caller, repeat)
        if before is not None:
            return before, True
        library.collection_to_add_to(session, caller, form.one("collection"))
    media_type = detect_media_type(form.file_name, incoming.head[:HEAD_BYTES], pictures=True)
    stored = incoming.keep()  # outside the transaction: an fsync must not hold the write lock
    with resources.transactions.write() as session:
        hours = resources.settings.files.idempotency_hours
        before = repeats.begin(session, caller, repeat, hours)
        if before is not None:
            return before, True
        given = _add(session, caller, form, NewFile(form.document_name, media_type, stored), resources)
        changes.lock_files(session)
        incoming.keep()  # again, for a purge may have taken an equal file away meanwhile
        repeats.keep(session, caller, repeat, given)
    return given, False


def _add(
    session: Session, caller: Caller, form: ReceivedForm, file: NewFile, resources: Resources
) -> Uploaded:
    collection = library.collection_to_add_to(session, caller, form.one("collection"))
    bulk = bulks.to_add_to(session, caller, form.one("bulk_id")) if "bulk_id" in form.fields else None
    document, run, is_new = library.add_version(
        session,
        caller,
        collection,
        file,
        reader_group_ids=form.fields.get("reader_group_ids"),
        resources=resources,
        bulk=bulk,
    )
    days: dict[str, date | None] = {
        name: _day(form.one(name)) for name in ("valid_from", "valid_until") if name in form.fields
    }
    if days:
        library.set_validity(session, caller, document, days)
    if bulk is not None and not is_new:
        bulk.unchanged += 1
    same = queries.same_content(session, caller, file.stored.digest, document.id)
    return Uploaded(
        document=views.document_view(session, document),
        job=views.job_view(run, document, queue.position(session, run)),
        unchanged=not is_new,
        same_content=[DocumentRef(id=one.id, name=one.name, collection_id=one.collection_id) for one in same],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise errors.InvalidRequest("A day is written like 2026-12-31") from error
