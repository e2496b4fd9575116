"""What readers thought of answers: a thumb and a correction, and the questions of a set that these become."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from services import errors
from services.answers import records
from services.database.session import now
from services.database.tables.answers import Answer, AnswerFeedback, AnswerSource
from services.database.tables.library import Collection, Document, Version
from services.dependencies import PageRequest
from services.identity import permissions
from services.identity.callers import Caller


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """A question with what was right, as a question set holds it; None where nobody said what would be."""

    answer_id: str
    question: str
    is_good: bool
    right_answer: str | None
    document_names: tuple[str, ...]


def give(session: Session, caller: Caller, answer_id: str, *, is_good: bool, correction: str) -> None:
    """Judge an answer of one's own; a later judgement takes the place of the first."""
    records.readable_answer(session, caller, answer_id)
    row = session.get(AnswerFeedback, answer_id) or AnswerFeedback(answer_id=answer_id)
    row.is_good, row.correction, row.given_at = is_good, correction, now()
    session.add(row)


def withdraw(session: Session, caller: Caller, answer_id: str) -> None:
    """errors.NotFound where there is no judgement of one's own."""
    records.readable_answer(session, caller, answer_id)
    row = session.get(AnswerFeedback, answer_id)
    if row is None:
        raise errors.NotFound("There is no feedback on this answer")
    session.delete(row)


def judged(session: Session, caller: Caller, page: PageRequest) -> Sequence[JudgedAnswer]:
    """Answers with a judgement, all of whose sources the caller may read now; at most one more than asked.

    An administrator sees everybody's, to grow a question set from them; everybody else their own, and those
    that rest on nothing but collections they curate.
    """
    query = (
        select(Answer, AnswerFeedback)
        .join(AnswerFeedback, AnswerFeedback.answer_id == Answer.id)
        .where(records.sources_readable_by(caller))
        .order_by(Answer.id)
        .limit(page.limit + 1)
    )
    if not caller.is_admin:
        query = query.where(or_(Answer.asked_by == caller.person_id, _rests_on_curated(caller)))
    if page.after:
        query = query.where(Answer.id > page.after)
    return [_judged(answer, said) for answer, said in session.execute(query)]


def _rests_on_curated(caller: Caller) -> ColumnElement[bool]:
    curated = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(
            Document.collection_id.in_(
                select(Collection.id).where(permissions.collections_curated_by(caller))
            )
        )
    )
    of_answer = AnswerSource.answer_id == Answer.id
    return and_(
        exists().where(of_answer), ~exists().where(of_answer, AnswerSource.version_id.not_in(curated))
    )


def _judged(answer: Answer, said: AnswerFeedback) -> JudgedAnswer:
    citations = [one for sentence in answer.sentences for one in sentence["citations"]]
    right = said.correction or (answer.text if said.is_good and citations else None)
    names = tuple(dict.fromkeys(one["document_name"] for one in citations))
    return JudgedAnswer(answer.id, answer.searched_as, said.is_good, right, names)
