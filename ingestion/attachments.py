"""Files in a document (attached to mail, packed in an archive, embedded in a PDF) made documents too.

Each is tied to its parent: it stands in the same collection, has the same readers, follows the parent's next
version and goes when the parent goes. What a person removed by itself stays away until its content changes.
How deep files may lie in files, and how many and how large all of them may be, is bounded for the whole tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion import parsing
from ingestion.parsing import Inside, ParseLimits
from services import audit, deliveries, errors
from services.adapters.file_store import FileStore, StoredFile
from services.adapters.job_queue import INGEST_TASK
from services.database import changes
from services.database.tables.library import Document, Version
from services.resources import Resources

DEEPEST = 3
MOST_IN_A_TREE = 5000
MOST_BYTES_IN_A_TREE = 4 * 1024**3
LONGEST_NAME = 400


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lay in a document and is now in the file store."""

    name: str
    media_type: str
    stored: StoredFile


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What was found, and in a person's words what was not taken."""

    found: tuple[Found, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """What a document's tree of files may still hold."""

    depth: int
    files: int
    bytes: int


def take_out(version_id: str, names: Sequence[str], limits: ParseLimits, resources: Resources) -> TakenOut:
    """Store the files that reading has named; a part that fails costs only itself."""
    if not names:
        return TakenOut()
    with resources.transactions.read() as session:
        version = session.get_one(Version, version_id)
        room = _room(session, version.document)
        place, media_type = resources.files.path(version.file_digest), version.media_type
    if room.depth >= DEEPEST:
        return TakenOut(warnings=(f"Not taken out, for they lie too deep in other files: {_some(names)}.",))
    bounds = replace(
        limits,
        attachments=min(limits.attachments, max(0, room.files)),
        expanded_bytes=min(limits.expanded_bytes, max(0, room.bytes)),
    )
    found: list[Found] = []
    said: list[str] = []
    try:
        found += (_keep(inside, resources.files) for inside in parsing.unpack(place, media_type, bounds))
    except errors.DocumentUnreadable as error:
        said.append(f"Files inside could not all be taken out: {error.detail}.".replace("..", "."))
    missing = [name for name in names if name not in {one.name for one in found}]
    said += [f"Attachments that were left out: {_some(missing)}."] if missing else []
    return TakenOut(tuple(found), tuple(said))


def shelve(session: Session, parent: Document, found: Sequence[Found], resources: Resources) -> None:
    """Make what the parent holds now its children, in the transaction that publishes the parent."""
    children = _children(session, parent)
    if not found and not children:
        return
    changes.lock_files(session)
    names = {_name_inside(parent, one.name) for one in found}
    for child in children.values():
        if child.deleted_at is None and child.name not in names:
            deliveries.remove(session, child)
            _record(session, "document.remove", parent, child)
    for one in found:
        if not resources.files.path(one.stored.digest).exists():
            raise errors.Unavailable("An equal file was purged meanwhile; the document is read again")
        _shelve_one(session, parent, children.get(_name_inside(parent, one.name)), one, resources)


def _shelve_one(
    session: Session, parent: Document, known: Document | None, one: Found, resources: Resources
) -> None:
    newest = known.versions[-1] if known is not None and known.versions else None
    if newest is not None and newest.file_digest == one.stored.digest:
        return
    if known is None or known.deleted_at is not None:
        known = Document(
            collection_id=parent.collection_id,
            scope_id=parent.scope_id,
            name=_free_name(session, parent, one),
            parent_id=parent.id,
            created_by=parent.created_by,
        )
        session.add(known)
        session.flush()
    lane = f"attachments:{parent.created_by or parent.collection_id}"[:80]
    delivery = deliveries.Delivery(one.media_type, one.stored, parent.created_by, lane)
    run = deliveries.add_version(session, known, delivery, lambda run_id: _nudge(resources, run_id))
    _record(session, "document.add", parent, known, version=run.subject, run=run.id)


def _nudge(resources: Resources, run_id: str) -> None:
    """A queue that is down costs time only: upkeep sends it again."""
    try:
        resources.queue.send(INGEST_TASK, run_id)
    except errors.QueueUnavailable:
        return


def _keep(inside: Inside, files: FileStore) -> Found:
    with files.receive(limit=inside.size) as incoming:
        for part in inside.content:
            incoming.write(part)
        return Found(inside.name, inside.media_type, incoming.keep())


def _children(session: Session, parent: Document) -> dict[str, Document]:
    """By name, each name's newest: also those that were removed, so that they stay so."""
    query = select(Document).where(Document.parent_id == parent.id).order_by(Document.created_at, Document.id)
    return {child.name: child for child in session.scalars(query)}


def _room(session: Session, document: Document) -> Room:
    """How deep the document lies, and what all files of its tree leave free."""
    root, depth = document, 0
    while root.parent_id and depth <= DEEPEST:
        root, depth = session.get_one(Document, root.parent_id), depth + 1
    files, size, level = 0, 0, [root.id]
    while level:
        living = select(Document.id).where(Document.parent_id.in_(level), Document.deleted_at.is_(None))
        level = list(session.scalars(living))
        held = select(func.coalesce(func.sum(Version.file_bytes), 0)).where(Version.document_id.in_(level))
        files, size = files + len(level), size + int(session.scalar(held) or 0)
    return Room(depth, MOST_IN_A_TREE - files, MOST_BYTES_IN_A_TREE - size)


def _name_inside(parent: Document, name: str) -> str:
    """Led by the parent's, so that a list shows what lies where; a long parent's name gives way."""
    return f"{parent.name[: LONGEST_NAME - len(name) - 1]}/{name}"


def _free_name(session: Session, parent: Document, one: Found) -> str:
    """The name, or that with a piece of the content's digest where another document has it."""
    name = _name_inside(parent, one.name)
    taken = select(Document.id).where(
        Document.collection_id == parent.collection_id,
        Document.scope_id == parent.scope_id,
        Document.name == name,
        Document.deleted_at.is_(None),
    )
    if session.scalar(taken.limit(1)) is None:
        return name
    return _name_inside(parent, f"{one.stored.digest[:8]}/{one.name}")


def _record(session: Session, action: str, parent: Document, child: Document, **detail: str) -> None:
    audit.record(session, parent.created_by or parent.id, action, child.id, parent=parent.id, **detail)


def _some(names: Sequence[str], shown: int = 8) -> str:
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
