"""Conversations in SQL: one person's own, and what of them may still be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from services import errors
from services.answers import records
from services.answers.follow_ups import Turn
from services.database.session import now
from services.database.tables.answers import Answer, AnswerSource, Conversation
from services.database.tables.library import Collection, Document, Version
from services.dependencies import PageRequest
from services.identity import permissions
from services.identity.callers import Caller
from services.resources import Resources

_READ_BACK = 3


def create(session: Session, caller: Caller, title: str = "") -> Conversation:
    row = Conversation(person_id=caller.person_id, title=title)
    session.add(row)
    session.flush()
    return row


def owned_by(caller: Caller) -> ColumnElement[bool]:
    """One's own; to an application or a key for some collections only what it might have asked itself."""
    mine = Conversation.person_id == caller.person_id
    if not caller.account_id and caller.collection_ids is None:
        return mine
    elsewhere = exists().where(
        Answer.conversation_id == Conversation.id, ~records.sources_readable_by(caller)
    )
    return mine & ~elsewhere


def own(session: Session, caller: Caller, conversation_id: str) -> Conversation:
    """errors.NotFound for one that is somebody else's or nobody's."""
    found = session.scalar(select(Conversation).where(Conversation.id == conversation_id, owned_by(caller)))
    if found is None:
        raise errors.NotFound("There is no such conversation")
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of one's conversations: with these words, or with an answer from this collection (id or name)."""

    words: str = ""
    collection: str = ""


EVERY = Wanted()


def page_of(
    session: Session, caller: Caller, page: PageRequest, wanted: Wanted = EVERY
) -> Sequence[Conversation]:
    """One's own, the one last asked in first, at most one more than asked for."""
    query = (
        select(Conversation)
        .where(owned_by(caller), *_narrowing(session, caller, wanted))
        .order_by(Conversation.asked_at.desc(), Conversation.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = own_or_bad_cursor(session, caller, page.after)
        query = query.where(
            (Conversation.asked_at < last.asked_at)
            | ((Conversation.asked_at == last.asked_at) & (Conversation.id < last.id))
        )
    return session.scalars(query).all()


def _narrowing(session: Session, caller: Caller, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What of the conversation is looked at is what its owner may still read."""
    inside = exists().where(Answer.conversation_id == Conversation.id, records.readable_by(caller))
    if wanted.words:
        said = [one.icontains(wanted.words, autoescape=True) for one in (Answer.question, Answer.text)]
        yield Conversation.title.icontains(wanted.words, autoescape=True) | inside.where(or_(*said))
    if wanted.collection:
        folder = _folder(session, caller, wanted.collection)
        sources = select(AnswerSource.answer_id).join(Version).join(Document)
        yield inside.where(Answer.id.in_(sources.where(Document.collection_id == folder)))


def _folder(session: Session, caller: Caller, id_or_name: str) -> str:
    """errors.NotFound for a collection that the caller may not know of."""
    for one in permissions.readable_collections(session, caller):
        if id_or_name in (one.id, one.name):
            return one.id
    raise errors.NotFound("There is no such collection")


def folders_of(session: Session, caller: Caller, ids: Sequence[str]) -> Mapping[str | None, list[str]]:
    """For each conversation the names of the collections its answers rest on, as far as they may be read."""
    source = aliased(AnswerSource)  # what decides on reading looks at the sources, too
    rows = session.execute(
        select(Answer.conversation_id, Collection.name)
        .join(source, source.answer_id == Answer.id)
        .join(Version, Version.id == source.version_id)
        .join(Document, Document.id == Version.document_id)
        .join(Collection, Collection.id == Document.collection_id)
        .where(Answer.conversation_id.in_(ids), records.readable_by(caller))
        .distinct()
        .order_by(Collection.name)
    )
    folders: dict[str | None, list[str]] = {}
    for conversation_id, name in rows:
        folders.setdefault(conversation_id, []).append(name)
    return folders


def own_or_bad_cursor(session: Session, caller: Caller, conversation_id: str) -> Conversation:
    try:
        return own(session, caller, conversation_id)
    except errors.NotFound as error:
        raise errors.InvalidRequest("The cursor is not one of ours; start without it") from error


def answers_of(session: Session, caller: Caller, conversation: Conversation) -> Sequence[Answer]:
    """Its answers in the order asked, while all their sources may be read."""
    return session.scalars(
        select(Answer)
        .where(Answer.conversation_id == conversation.id, records.readable_by(caller))
        .order_by(Answer.created_at, Answer.id)
    ).all()


def remove(session: Session, conversation: Conversation) -> None:
    """The conversation with all that was asked and answered in it."""
    for answer in session.scalars(select(Answer).where(Answer.conversation_id == conversation.id)):
        session.delete(answer)
    session.flush()
    session.execute(delete(Conversation).where(Conversation.id == conversation.id))


def turns(caller: Caller, conversation_id: str, resources: Resources) -> tuple[Turn, ...]:
    """What was asked and answered before, as far as it may be read now; notes that it is asked in again."""
    with resources.transactions.write() as session:
        conversation = own(session, caller, conversation_id)
        conversation.asked_at = now()
        rows = session.scalars(
            select(Answer)
            .where(Answer.conversation_id == conversation.id, records.readable_by(caller))
            .order_by(Answer.created_at.desc(), Answer.id.desc())
            .limit(_READ_BACK)
            .options(selectinload(Answer.sources))
        ).all()
        return tuple(
            Turn(row.searched_as, _plain(row), tuple(source.version_id for source in row.sources))
            for row in reversed(rows)
        )


def _plain(row: Answer) -> str:
    return " ".join(sentence["text"] for sentence in row.sentences)
