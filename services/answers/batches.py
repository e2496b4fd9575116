"""Questions asked many at once, in SQL: with what credential, how far they are, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit, errors, runs
from services.answers import records
from services.database.tables.answers import Answer
from services.database.tables.base import new_id
from services.database.tables.batches import AnswerBatch, BatchQuestion
from services.database.tables.runs import Run
from services.dependencies import PageRequest
from services.identity import kept_credentials
from services.identity.callers import Caller
from services.retrieval import queries as retrieval_queries

KIND = "answers"


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch with its run."""

    batch: AnswerBatch
    run: Run


def create(session: Session, caller: Caller, wanted: Sequence[dict[str, Any]]) -> Asked:
    """Take the questions in; errors.NotFound where one names a collection the caller may not know of."""
    named = {name for one in wanted for name in one.get("collections") or ()}
    retrieval_queries.collection_ids(session, caller, sorted(named))
    batch_id = new_id()
    run = runs.request(session, KIND, batch_id, requested_by=caller.person_id)
    run.total = len(wanted)
    batch = AnswerBatch(
        id=batch_id, person_id=caller.person_id, run_id=run.id, asked_with=kept_credentials.keep(caller)
    )
    batch.questions = [BatchQuestion(number=number, wanted=one) for number, one in enumerate(wanted)]
    session.add(batch)
    session.flush()
    record(session, caller, "batch.create", batch_id, questions=len(wanted))
    return Asked(batch, run)


def own(session: Session, caller: Caller, batch_id: str) -> Asked:
    """errors.NotFound for one that is somebody else's or nobody's."""
    batch = session.get(AnswerBatch, batch_id)
    if batch is None or batch.person_id != caller.person_id:
        raise errors.NotFound("There is no such batch")
    return Asked(batch, session.get_one(Run, batch.run_id))


def page_of(session: Session, caller: Caller, page: PageRequest) -> list[Asked]:
    """One's own, the newest first, at most one more than asked for."""
    query = (
        select(AnswerBatch, Run)
        .join(Run, Run.id == AnswerBatch.run_id)
        .where(AnswerBatch.person_id == caller.person_id)
        .order_by(AnswerBatch.created_at.desc(), AnswerBatch.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.get(AnswerBatch, page.after)
        if last is None or last.person_id != caller.person_id:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (AnswerBatch.created_at < last.created_at)
            | ((AnswerBatch.created_at == last.created_at) & (AnswerBatch.id < last.id))
        )
    return [Asked(batch, run) for batch, run in session.execute(query)]


def readable_answers(session: Session, caller: Caller, batch: AnswerBatch) -> dict[str, Answer]:
    """Those of the batch's answers all of whose sources the caller may read now, by their ids."""
    ids = [one.answer_id for one in batch.questions if one.answer_id]
    found = session.scalars(select(Answer).where(Answer.id.in_(ids), records.readable_by(caller)))
    return {answer.id: answer for answer in found}


def cancel(session: Session, caller: Caller, asked: Asked) -> None:
    """End what is left of it; what is answered stays."""
    runs.cancel(session, Run.id == asked.run.id)
    record(session, caller, "batch.cancel", asked.batch.id)


def asker(batch: AnswerBatch) -> Caller:
    """The caller as they asked; what they may do now is for `callers.now_in` to say."""
    return kept_credentials.kept(batch.person_id, batch.asked_with)


def record(session: Session, caller: Caller, action: str, subject: str, **detail: object) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)
