"""Shares: links to answers and conversations for colleagues. A link grants nothing.

Who follows one is shown the answers all of whose sources they may read themselves, now; of the others
nothing, not even that they are there. Where nothing is left to show, the link is unknown, as it is once it is
over.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from services import errors
from services.answers import conversations, records
from services.database.session import now
from services.database.tables.answers import DONE, REFUSED, STOPPED, Answer, AnswerShare, Conversation
from services.dependencies import PageRequest
from services.identity.callers import Caller

ENDED = (DONE, REFUSED, STOPPED)


def share_answer(session: Session, caller: Caller, answer_id: str, days: int) -> AnswerShare:
    """Share one's own answer; errors.NotFound unless all of its sources may be read."""
    found = records.readable_answer(session, caller, answer_id)
    if found.state not in ENDED:
        raise errors.Conflict("This answer has not come to its end")
    return _kept(session, AnswerShare(shared_by=caller.person_id, answer_id=found.id), days)


def share_conversation(session: Session, caller: Caller, conversation_id: str, days: int) -> AnswerShare:
    """Share one's own conversation as far as it has come; what is asked later is not shared with it."""
    found = conversations.own(session, caller, conversation_id)
    return _kept(session, AnswerShare(shared_by=caller.person_id, conversation_id=found.id), days)


def _kept(session: Session, share: AnswerShare, days: int) -> AnswerShare:
    share.created_at = now()
    over = (AnswerShare.shared_by == share.shared_by) & (AnswerShare.expires_at <= share.created_at)
    session.execute(delete(AnswerShare).where(over))  # nobody else would ever clear them away
    share.expires_at = share.created_at + timedelta(days=days)
    session.add(share)
    session.flush()
    return share


def live(session: Session, share_id: str) -> AnswerShare:
    """A share that is not over; errors.NotFound otherwise."""
    found = session.scalar(
        select(AnswerShare).where(AnswerShare.id == share_id, AnswerShare.expires_at > now())
    )
    if found is None:
        raise errors.NotFound("There is no such share")
    return found


def readable_answers(session: Session, caller: Caller, share: AnswerShare) -> Sequence[Answer]:
    """What the caller may see of it, oldest first; errors.NotFound where that is nothing."""
    rows = session.scalars(
        select(Answer)
        .where(_within(share), Answer.state.in_(ENDED), records.sources_readable_by(caller))
        .order_by(Answer.created_at, Answer.id)
    ).all()
    if not rows:
        raise errors.NotFound("There is no such share")
    return rows


def _within(share: AnswerShare) -> ColumnElement[bool]:
    if share.answer_id is not None:
        return Answer.id == share.answer_id
    return (Answer.conversation_id == share.conversation_id) & (Answer.created_at <= share.created_at)


def own_page(session: Session, caller: Caller, page: PageRequest) -> Sequence[AnswerShare]:
    """One's own live shares, the newest first, at most one more than asked for."""
    query = (
        select(AnswerShare)
        .where(_own(caller), AnswerShare.expires_at > now())
        .order_by(AnswerShare.created_at.desc(), AnswerShare.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.scalar(select(AnswerShare).where(AnswerShare.id == page.after, _own(caller)))
        if last is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (AnswerShare.created_at < last.created_at)
            | ((AnswerShare.created_at == last.created_at) & (AnswerShare.id < last.id))
        )
    return session.scalars(query).all()


def revoke(session: Session, caller: Caller, share_id: str) -> None:
    """End one's own share at once; errors.NotFound for one that is not there or somebody else's."""
    found = session.scalar(select(AnswerShare.id).where(AnswerShare.id == share_id, _own(caller)))
    if found is None:
        raise errors.NotFound("There is no such share")
    session.execute(delete(AnswerShare).where(AnswerShare.id == found))


def _own(caller: Caller) -> ColumnElement[bool]:
    """Of what the caller's own key or application reaches; a share of hidden sources can still be revoked."""
    mine = AnswerShare.shared_by == caller.person_id
    if not caller.account_id and caller.collection_ids is None:
        return mine
    answers = select(Answer.id).where(records.readable_by(caller))
    talks = select(Conversation.id).where(conversations.owned_by(caller))
    return mine & (AnswerShare.answer_id.in_(answers) | AnswerShare.conversation_id.in_(talks))
