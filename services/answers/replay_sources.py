"""What a replay needs from SQL: the answer, whether its sources may be read now, and its passages again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from services import errors, passages
from services.adapters.file_store import FileStore
from services.answers.making import Place
from services.database.tables.answers import Answer, AnswerSource
from services.database.tables.library import ChunkRow, Document, Version
from services.identity import permissions
from services.identity.callers import Caller
from services.passages import Passage
from services.retrieval import hydration
from services.retrieval.queries import FoundChunk


def own_answer(session: Session, caller: Caller, answer_id: str) -> Answer:
    """One's own answer while all of its sources are granted; one that was removed since does not hide it.

    errors.NotFound otherwise.
    """
    granted = (
        select(Version.id)
        .join(Document, Document.id == Version.document_id)
        .where(permissions.documents_granted_to(caller))
    )
    withheld = exists().where(AnswerSource.answer_id == Answer.id, AnswerSource.version_id.not_in(granted))
    own = (Answer.id == answer_id) & (Answer.asked_by == caller.person_id)
    found = session.scalar(select(Answer).where(own, ~withheld))
    if found is None:
        raise errors.NotFound("There is no such answer")
    return found


def removed_at(session: Session, answer_id: str) -> datetime | None:
    """When the first of the answer's sources was removed, None while all are there."""
    return session.scalar(
        select(func.min(Document.deleted_at))
        .join(Version, Version.document_id == Document.id)
        .join(AnswerSource, AnswerSource.version_id == Version.id)
        .where(AnswerSource.answer_id == answer_id)
    )


def chunks_at(session: Session, caller: Caller, places: Sequence[Place]) -> dict[str, FoundChunk]:
    """The chunks of these places that the caller may read now, also of versions that were replaced since.

    Left out is what is gone, and what does not say any more what its id was made of.
    """
    statement = (
        select(ChunkRow, Version, Document)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(
            ChunkRow.id.in_({place.chunk_id for place in places}), permissions.documents_readable_by(caller)
        )
    )
    return {
        chunk.id: (chunk, version, document)
        for chunk, version, document in session.execute(statement)
        if passages.chunk_id(version.id, chunk.ordinal, chunk.text) == chunk.id
    }


def passage_at(place: Place, found: FoundChunk, files: FileStore) -> Passage:
    """The passage as it stood at its place: the chunk, a part of it, or the section it was grown to."""
    whole = hydration.passage(found, score=0.0)
    if (place.start, place.end) == (whole.start, whole.end):
        return whole
    version = found[1]
    return replace(
        whole,
        text=files.read_text(version.text_digest or "")[place.start : place.end],
        start=place.start,
        end=place.end,
        first_page=place.page,
        page_starts=hydration.page_starts(version.page_spans, place.start, place.end),
    )
