"""Answers in SQL: the row begun, the row ended, and what a reader may still see of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Self

from pydantic import BaseModel
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from services import audit, errors
from services.answers import making, standing
from services.answers.filling import Filled
from services.answers.grounding import (
    CitedSource,
    Conflict,
    GroundedAnswer,
    GroundedSentence,
    Option,
    join_sentences,
    question_back,
)
from services.answers.schemas import AnswerOut, CitationOut, ConflictOut, OptionOut, SentenceOut
from services.answers.work import Question, Work
from services.database.session import after_commit, now
from services.database.tables.answers import FAILED, REFUSED, Answer, AnswerSource, Conversation
from services.database.tables.library import Document, Version
from services.dependencies import PageRequest
from services.identity import callers, limits, permissions
from services.identity.callers import Caller
from services.passages import Passage
from services.release import Lock
from services.resources import Resources
from services.retrieval.schemas import PassageOut

WITHDRAWN = "A source of this answer was withdrawn while it was written; ask again"
LONGEST_TITLE = 200
JSON, CLARIFY = "json", "clarify"
REFUSAL = "The documents you may read do not answer this."


class Problem(BaseModel):
    """An error as RFC 9457 puts it, with what had been found before it happened."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    answer_id: str
    nearest: list[PassageOut]

    @classmethod
    def of(cls, error: errors.HoldfastError, answer: AnswerOut) -> Self:
        return cls.model_validate(error.as_problem() | {"answer_id": answer.id, "nearest": answer.nearest})


def begin(question: Question, resources: Resources) -> str:
    """Note that a question was asked; returns the answer's id."""
    with resources.transactions.write() as session:
        standing.require_standing(session, resources)
        row = Answer(
            asked_by=question.caller.person_id,
            question=question.text,
            searched_as=question.text,
            conversation_id=question.conversation_id,
            policy=question.policy,
            release_id=resources.lock.release_id,
            model=resources.lock.generator.served_name,
            sampling={name: value for name, value in asdict(question.sampling).items() if value is not None},
        )
        session.add(row)
        session.flush()
        _name_conversation(session, question)
        caller = question.caller  # recorded before the first sentence can be read, not only at the end
        audit.record(session, caller.person_id, "answer.begin", row.id, credential=caller.credential_id)
        return row.id


def _name_conversation(session: Session, question: Question) -> None:
    """A conversation without a title is called by its first question."""
    found = session.get(Conversation, question.conversation_id) if question.conversation_id else None
    if found is not None and not found.title:
        found.title = question.text[:LONGEST_TITLE]


def end(work: Work, resources: Resources) -> AnswerOut:
    """Write down what came of it, with its sources and the audit entry, in one transaction."""
    with resources.transactions.write() as session:
        row = session.get_one(Answer, work.answer_id)
        used = {passage.version_id for passage in (*work.passages, *work.nearest)} | work.rests_on
        if not may_still_read(session, work.question.caller, used):
            work.state, work.error, work.nearest = FAILED, work.error or errors.NotFound(WITHDRAWN), ()
            work.draft, work.filled, work.options = None, None, ()
        _fill(row, work, resources.lock)
        row.sources = [AnswerSource(version_id=version_id) for version_id in sorted(used)]
        caller = work.question.caller
        audit.record(
            session,
            caller.person_id,
            "answer",
            row.id,
            credential=caller.credential_id,
            state=row.state,
            versions=sorted(used),
        )
        counted = work.usage.get("prompt_tokens", 0) + work.usage.get("completion_tokens", 0)
        tokens = max(counted, len(work.said))  # one who leaves early leaves before the engine counts
        after_commit(session, lambda: limits.spend(caller, tokens, resources))
        return view(row)


def may_still_read(session: Session, caller: Caller, version_ids: set[str]) -> bool:
    """Whether every source is there and readable at this moment, whatever was so when they were found."""
    try:
        now_in = callers.now_in(session, caller)
    except errors.NotSignedIn:
        return False
    return are_readable(session, now_in, version_ids)


def are_readable(session: Session, caller: Caller, version_ids: set[str]) -> bool:
    """Whether the caller, as found a moment ago, may read every one of these versions."""
    readable = session.scalars(
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.id.in_(version_ids), permissions.documents_readable_by(caller))
    )
    return set(readable) == version_ids


def _fill(row: Answer, work: Work, lock: Lock) -> None:
    row.state, row.finished_at = work.state, now()
    row.timings, row.usage, row.finish_reason = work.timings, work.usage, work.finish_reason
    row.searched_as = work.searched_as if work.error is None else work.question.text
    row.error_code = work.error.code if work.error else ""
    row.nearest = [PassageOut.of(passage).model_dump(mode="json") for passage in work.nearest]
    if work.prompt is not None:
        row.prompt_hash = work.prompt.rendered_hash
        row.prompt_chunks = [passage.chunk_id for passage in work.prompt.passages]
        row.made_with = making.of(work.prompt, work.passages, work.said, lock).as_row()
    given = work.draft.answer() if work.draft else None
    row.kind = given.kind if given else "refused"
    if given and given.sentences:
        sentences = [sentence_view(sentence) for sentence in given.sentences]
        row.sentences = [sentence.model_dump(mode="json") for sentence in sentences]
        row.text = shown_text(given)
        row.dropped_sentences = len(given.dropped)
        row.conflicts = [conflict_view(one).model_dump(mode="json") for one in given.conflicts]
    elif row.state == REFUSED:
        row.text = REFUSAL
    if work.options:
        row.kind, row.text = CLARIFY, question_back(work.options, work.searched_as)
        row.options = [option_view(option).model_dump(mode="json") for option in work.options]
    if work.filled is not None:
        _fill_json(row, work.filled)


def _fill_json(row: Answer, filled: Filled) -> None:
    row.kind, row.text, row.dropped_sentences = JSON, filled.text, len(filled.emptied)
    row.sentences = [sentence_view(sentence).model_dump(mode="json") for sentence in filled.sentences]
    row.conflicts = [conflict_view(one).model_dump(mode="json") for one in filled.conflicts]


def shown_text(given: GroundedAnswer) -> str:
    """What a reader sees, with the citations' numbers; the refusal where nothing stands."""
    sentences = [marked(sentence_view(sentence)) for sentence in given.sentences]
    return join_sentences(sentences) if sentences else REFUSAL


def marked(sentence: SentenceOut) -> str:
    """The sentence with its citations' numbers behind it."""
    return sentence.text + "".join(f" [{citation.number}]" for citation in sentence.citations)


def sentence_view(sentence: GroundedSentence) -> SentenceOut:
    return SentenceOut(
        index=sentence.index,
        text=sentence.text,
        status=sentence.status,
        citations=[_citation_view(citation) for citation in sentence.citations],
        pointer=sentence.pointer,
    )


def conflict_view(conflict: Conflict) -> ConflictOut:
    sides = {"one": _citation_view(conflict.one), "other": _citation_view(conflict.other)}
    return ConflictOut(**sides, are_editions=conflict.are_editions)


def option_view(option: Option) -> OptionOut:
    passage = option.passage
    return OptionOut(
        label=option.label,
        question=option.question,
        document_id=passage.document_id,
        document_name=passage.document_name,
        heading_path=list(passage.heading_path),
    )


def _citation_view(citation: CitedSource) -> CitationOut:
    passage: Passage = citation.passage
    return CitationOut(
        number=citation.number,
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        document_name=passage.document_name,
        version_id=passage.version_id,
        version_number=passage.version_number,
        published_at=passage.published_at,
        valid_from=passage.valid_from,
        valid_until=passage.valid_until,
        page=citation.page,
        heading_path=list(passage.heading_path),
        quote=citation.quote,
        start=citation.start,
        end=citation.end,
    )


def view(row: Answer) -> AnswerOut:
    """The answer as the wire shows it."""
    sentences = [SentenceOut.model_validate(sentence) for sentence in row.sentences]
    citations = {citation.number: citation for sentence in sentences for citation in sentence.citations}
    return AnswerOut(
        id=row.id,
        question=row.question,
        searched_as=row.searched_as,
        state=row.state,
        kind=row.kind,
        policy=row.policy,
        text=row.text,
        value=json.loads(row.text) if row.kind == JSON else None,
        sentences=sentences,
        citations=[citations[number] for number in sorted(citations)],
        conflicts=[ConflictOut.model_validate(conflict) for conflict in row.conflicts or ()],
        options=[OptionOut.model_validate(option) for option in row.options or ()],
        nearest=[PassageOut.model_validate(passage) for passage in row.nearest],
        dropped_sentences=row.dropped_sentences,
        release_id=row.release_id,
        model=row.model,
        prompt_hash=row.prompt_hash,
        timings=row.timings,
        usage=row.usage,
        finish_reason=row.finish_reason or "",
        conversation_id=row.conversation_id,
        created_at=row.created_at,
    )


def readable_answer(session: Session, caller: Caller, answer_id: str) -> Answer:
    """One's own answer while all of its sources may be read; errors.NotFound otherwise."""
    found = session.scalar(select(Answer).where(Answer.id == answer_id, readable_by(caller)))
    if found is None:
        raise errors.NotFound("There is no such answer")
    return found


def answers_page(session: Session, caller: Caller, page: PageRequest) -> Sequence[Answer]:
    """One's own answers, newest first, at most one more than asked for."""
    query = (
        select(Answer)
        .where(readable_by(caller))
        .order_by(Answer.created_at.desc(), Answer.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.scalar(
            select(Answer).where(Answer.id == page.after, Answer.asked_by == caller.person_id)
        )
        if last is None:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (Answer.created_at < last.created_at)
            | ((Answer.created_at == last.created_at) & (Answer.id < last.id))
        )
    return session.scalars(query).all()


def readable_by(caller: Caller) -> ColumnElement[bool]:
    """One's own, while every source may be read."""
    return (Answer.asked_by == caller.person_id) & sources_readable_by(caller)


def sources_readable_by(caller: Caller) -> ColumnElement[bool]:
    """Nothing in the answer comes from what the caller may not read now."""
    readable = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(permissions.documents_readable_by(caller))
    )
    return ~exists().where(AnswerSource.answer_id == Answer.id, AnswerSource.version_id.not_in(readable))
