"""Why a search did not find a document: what each step made of it, without its text."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.identity import Person
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.identity import permissions, standing
from services.identity.callers import Caller
from services.resources import Resources
from services.retrieval import duplicates, search
from services.retrieval.search import Looked

# What a document, or one of its chunks, was left out by.
NOT_VISIBLE, NOT_READABLE, OUTSIDE = "no_visible_version", "not_readable", "outside_collections"
NO_CHUNKS, NOT_PROPOSED = "no_chunks", "not_proposed"
DUPLICATE, BEYOND_LIMIT = "repeats_a_better_passage", "beyond_the_limit"


@dataclass(frozen=True, slots=True)
class ChunkTrace:
    """One chunk's way; ranks count from 1 and are None where it was not among what was ranked."""

    chunk_id: str
    page: int | None
    similarity: float | None
    dense_rank: int | None
    lexical_score: float | None
    lexical_rank: int | None
    rank: int | None
    left_out_by: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`left_out_by` is empty when the document was found; else the first rule that kept it out."""

    document_id: str
    left_out_by: str
    document_scope: int
    readable_scopes: int
    """How many scopes the person reads, within the collections asked."""
    limit: int
    degraded: tuple[str, ...]
    chunks: tuple[ChunkTrace, ...]


def explain(
    caller: Caller,
    question: str,
    document_id: str,
    resources: Resources,
    *,
    person_id: str | None = None,
    collections: Collection[str] | None = None,
    limit: int = 8,
) -> Explanation:
    """What became of the document when this person asked; the caller looks after it, or is an administrator.

    errors.NotFound for a document the caller may not know of, and for another person unless the caller is an
    administrator; errors.Forbidden for a document that the caller only reads.
    """
    with resources.transactions.read() as session:
        document = _looked_after(session, caller, document_id)
        asker = caller if person_id in (None, caller.person_id) else _other(session, caller, person_id or "")
        scopes = permissions.readable_scopes(session, asker)
        chunks = _visible_chunks(session, document.id)
    rule = NOT_READABLE if document.scope_id not in scopes else ("" if chunks else NOT_VISIBLE)
    looked = search.look(asker, question, resources, collections=collections, limit=limit)
    if not rule and document.scope_id not in looked.scopes:
        rule = OUTSIDE
    traces = _traces(chunks, looked) if not rule else ()
    if not rule and not any(trace.left_out_by == "" for trace in traces):
        rule = min((trace.left_out_by for trace in traces), key=_STEPS.index)
    return Explanation(
        document.id, rule, document.scope_id, len(looked.scopes), limit, looked.degraded, tuple(traces)
    )


_STEPS = (BEYOND_LIMIT, DUPLICATE, NOT_PROPOSED)


def _looked_after(session: Session, caller: Caller, document_id: str) -> Document:
    document = session.get(Document, document_id) if document_id.isalnum() else None
    if document is None or document.deleted_at is not None:
        raise errors.NotFound("There is no such document")
    if caller.is_admin:
        return document
    if document.scope_id not in permissions.readable_scopes(session, caller):
        raise errors.NotFound("There is no such document")
    if not permissions.may_curate(session, caller, document.collection_id):
        raise errors.Forbidden("This is for those who curate the document's collection")
    return document


def _other(session: Session, caller: Caller, person_id: str) -> Caller:
    """Another person as a caller: what they may read, and nothing else of theirs."""
    person = session.get(Person, person_id) if caller.is_admin and person_id.isalnum() else None
    if person is None:
        raise errors.NotFound("There is no such person")
    stands = standing.of(session, person)
    return Caller(
        person.id,
        person.login,
        person.name,
        is_admin=False,
        group_ids=stands.group_ids,
        scopes=frozenset(),
        credential_id=caller.credential_id,
        via=caller.via,
        has_expired=stands.has_expired,
    )


def _visible_chunks(session: Session, document_id: str) -> Mapping[str, int | None]:
    """The visible version's chunks with their pages, in order."""
    statement = (
        select(ChunkRow.id, ChunkRow.first_page)
        .join(Version, Version.id == ChunkRow.version_id)
        .where(Version.document_id == document_id, Version.state == VISIBLE)
        .order_by(ChunkRow.ordinal)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _traces(chunks: Mapping[str, int | None], looked: Looked) -> list[ChunkTrace]:
    near, words = looked.judge(list(chunks))
    near_ranks, word_ranks = _ranks(looked.near), _ranks(looked.words)
    ranks = _ranks([(passage.chunk_id, passage.score) for passage in looked.ranked])
    found = {passage.chunk_id for passage in looked.kept}
    unrepeated = {passage.chunk_id for passage in duplicates.drop_duplicates(looked.ranked)}
    traces = []
    for chunk_id, page in chunks.items():
        if chunk_id in found:
            rule = ""
        elif chunk_id not in ranks:
            rule = NOT_PROPOSED
        else:
            rule = BEYOND_LIMIT if chunk_id in unrepeated else DUPLICATE
        traces.append(
            ChunkTrace(
                chunk_id,
                page,
                near.get(chunk_id),
                near_ranks.get(chunk_id),
                words.get(chunk_id),
                word_ranks.get(chunk_id),
                ranks.get(chunk_id),
                rule,
            )
        )
    return traces


def _ranks(hits: Collection[tuple[str, float]]) -> dict[str, int]:
    return {chunk_id: rank for rank, (chunk_id, _score) in enumerate(hits, start=1)}
