"""Kept evaluations in SQL, and which of their texts a reader may see now."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from services import errors
from services.database.tables.evaluations import Evaluation
from services.database.tables.library import Document
from services.dependencies import PageRequest
from services.evaluation.results import FORMAT, Asked, EvaluationResult, Place
from services.evaluation.schemas import AskedOut
from services.identity import permissions
from services.identity.callers import Caller

AT_ONCE = 500
"""Ids in one query; databases bound how many may be named."""


def keep(session: Session, caller: Caller, result: EvaluationResult) -> Evaluation:
    told = result.model_dump(mode="json", exclude={"format", "begun_at", "ended_at"})
    row = Evaluation(**told, begun_at=result.begun_at, ended_at=result.ended_at, kept_by=caller.person_id)
    session.add(row)
    session.flush()
    return row


def page_of(session: Session, page: PageRequest) -> Sequence[Evaluation]:
    """Newest first, without what was asked; at most one more than wanted."""
    query = (
        select(Evaluation)
        .options(defer(Evaluation.asked))
        .order_by(Evaluation.kept_at.desc(), Evaluation.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.get(Evaluation, page.after)
        if last is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (Evaluation.kept_at < last.kept_at)
            | ((Evaluation.kept_at == last.kept_at) & (Evaluation.id < last.id))
        )
    return session.scalars(query).all()


def evaluation(session: Session, evaluation_id: str) -> Evaluation:
    found = session.get(Evaluation, evaluation_id)
    if found is None:
        raise errors.NotFound("There is no such evaluation")
    return found


def result_of(row: Evaluation) -> EvaluationResult:
    """The run as it was kept, with all its texts: for counting, not for showing."""
    told = {name: getattr(row, name) for name in EvaluationResult.model_fields if name != "format"}
    return EvaluationResult.model_validate({"format": FORMAT, **told})


def asked_for(session: Session, caller: Caller, row: Evaluation) -> list[AskedOut]:
    """Each question with its texts where the caller may read all their sources now, else its numbers."""
    asked = [Asked.model_validate(one) for one in row.asked]
    named = {source for one in asked for source in sources_of(one)}
    readable = _readable(session, caller, sorted(named))
    hidden = _hidden(session, caller, sorted({one.document for one in asked if one.document}))
    return [
        AskedOut(**one.model_dump())
        if sources_of(one) <= readable
        and ((is_sourced(one) and one.document not in hidden) or row.kept_by == caller.person_id)
        else AskedOut.numbers_of(place, one)
        for place, one in enumerate(asked, 1)
    ]


def sources_of(one: Asked) -> set[str]:
    """Ids of the documents that texts of this question come from."""
    return set(one.sources) | {place.document_id for place in _places(one)}


def is_sourced(one: Asked) -> bool:
    """Whether the document behind the gold answer is among the sources.

    Else nobody can say who may read it, and the question is for the one who kept it.
    """
    if not one.right and not one.document:
        return not one.answerable
    return one.document in {place.document for place in _places(one)}


def _places(one: Asked) -> list[Place]:
    return [*one.citations, *one.found]


def _readable(session: Session, caller: Caller, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        query = select(Document.id).where(Document.id.in_(some), permissions.documents_readable_by(caller))
        found.update(session.scalars(query))
    return found


def _hidden(session: Session, caller: Caller, names: Sequence[str]) -> set[str]:
    """Those names that a document has, too, which the caller may not read: a set names documents by name."""
    found: set[str] = set()
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        query = select(Document.name).where(
            Document.name.in_(some), ~permissions.documents_readable_by(caller)
        )
        found.update(session.scalars(query))
    return found
