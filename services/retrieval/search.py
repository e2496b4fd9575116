"""From a question to the passages its caller may read: dense and lexical side by side, checked, then fused.

Where the release names a reranker, it reads the best of them again.

The indexes only propose. What they hold may be old, so nothing leaves this room that SQL did not name
visible, undeleted and readable for this caller in the transaction that read its text. When SQL does not
answer, nobody gets anything (errors.DatabaseUnavailable).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from services import errors, generations
from services.adapters.chroma import Vectors
from services.database.session import now
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import dense, duplicates, follow, fusion, hydration, queries, reranking, validity
from services.retrieval.dense import Reader
from services.retrieval.filters import Filters
from services.retrieval.queries import FoundChunk

Hits = list[tuple[str, float]]
CANDIDATES = 60
LONGEST_QUESTION = 4000
DENSE, LEXICAL = "dense", "lexical"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage was found: cosine similarity and score of its words, None where unknown."""

    similarity: float | None
    lexical_score: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """Passages, best first. `degraded` names the searches that were down or behind; `timings` are in ms."""

    passages: tuple[Passage, ...]
    evidence: Mapping[str, Evidence]
    degraded: tuple[str, ...]
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class _Side:
    """What one of the two searches proposes; `is_whole` says that it could look at everything."""

    hits: Hits
    is_whole: bool = True
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """One search with its steps: what each side proposed, what was ranked, and what was kept of it."""

    scopes: frozenset[int]
    near: Hits
    words: Hits
    ranked: list[Passage]
    kept: list[Passage]
    evidence: Mapping[str, Evidence]
    degraded: tuple[str, ...]
    timings: Mapping[str, float]
    judge: Callable[[list[str]], tuple[dict[str, float], dict[str, float]]]
    """Similarities and scores of any chunks, also of those that were not proposed."""


def find_passages(
    caller: Caller,
    question: str,
    resources: Resources,
    *,
    collections: Collection[str] | None = None,
    filters: Filters | None = None,
    limit: int = 8,
    vector: Vectors | None = None,
) -> Found:
    """The best passages for the question among what the caller may read; of these collections, if named.

    `vector` spares embedding a question that is embedded already.

    Raises errors.NotFound for a collection or document the caller may not know of, and
    errors.IndexUnavailable when neither index answers.
    """
    looked = look(
        caller, question, resources, collections=collections, filters=filters, limit=limit, vector=vector
    )
    kept = {passage.chunk_id: looked.evidence[passage.chunk_id] for passage in looked.kept}
    return Found(tuple(looked.kept), kept, looked.degraded, looked.timings)


def look(
    caller: Caller,
    question: str,
    resources: Resources,
    *,
    collections: Collection[str] | None = None,
    filters: Filters | None = None,
    limit: int = 8,
    vector: Vectors | None = None,
) -> Looked:
    """As `find_passages`, with everything that was seen on the way."""
    timings: dict[str, float] = {}
    cleaned = _cleaned(question)
    with _timed(timings, "reach"):
        scopes, versions = _reach(caller, collections, filters, resources)
    if not cleaned or not scopes or (versions is not None and not versions):
        return Looked(scopes, [], [], [], [], {}, (), timings, lambda _ids: ({}, {}))
    with _timed(timings, "embed"):
        given = resources.embedder.embed_question(cleaned) if vector is None else vector
    asked = _Asked(cleaned, Reader(caller, scopes, given, resources, versions))
    with _timed(timings, "search"):
        near, lexical = _both_sides(asked)
    with _timed(timings, "check"):
        rows = _readable_rows(asked, near, lexical)
    with _timed(timings, "rank"):
        similarities, scores = _judge(asked, list(rows), near, lexical)
        ranked = _ranked(rows, similarities, scores)
    if resources.reranker is not None:
        with _timed(timings, "rerank"):
            ranked = reranking.rerank(cleaned, ranked, resources.reranker, limit)
    day = (filters.valid_on if filters else None) or now().date()
    ranked = validity.in_force_first(ranked, day)
    kept = duplicates.drop_duplicates(ranked, limit)
    evidence = {name: Evidence(similarities.get(name), scores.get(name) or None) for name in rows}
    return Looked(
        scopes,
        near.hits,
        lexical.hits,
        ranked,
        kept,
        evidence,
        _degraded(near, lexical),
        timings,
        lambda ids: _judge(asked, ids, near, lexical),
    )


def _reach(
    caller: Caller, collections: Collection[str] | None, filters: Filters | None, resources: Resources
) -> tuple[frozenset[int], frozenset[str] | None]:
    """The scopes that may be searched now, and the versions the filters leave, None where there are none."""
    with resources.transactions.read() as session:
        generations.require_live(session, resources.lock.generation)
        within = queries.collection_ids(session, caller, collections) if collections else None
        scopes = queries.reach(session, caller, within)
        return scopes, queries.filtered_versions(session, caller, scopes, filters) if filters else None


def _both_sides(asked: _Asked) -> tuple[_Side, _Side]:
    with ThreadPoolExecutor(2, thread_name_prefix="search") as pool:
        near, lexical = pool.submit(_dense, asked), pool.submit(_lexical, asked)
    sides = _unless_down(near), _unless_down(lexical)
    if sides == (None, None):
        raise errors.IndexUnavailable
    down = _Side([], is_whole=False, is_down=True)
    return sides[0] or down, sides[1] or down


def _unless_down(side: Future[_Side]) -> _Side | None:
    """One index down is survived; a database that does not answer is not."""
    try:
        return side.result()
    except errors.IndexUnavailable:
        return None


def _dense(asked: _Asked) -> _Side:
    return _Side(dense.nearest(asked.reader, CANDIDATES))


def _lexical(asked: _Asked) -> _Side:
    resources = asked.reader.resources
    behind = follow.catch_up(resources, at_most=dense.CHANGES_WORTH_WAITING_FOR)
    reader = asked.reader
    hits = resources.lexical.search(asked.question, CANDIDATES, reader.scopes, reader.versions)
    return _Side(hits, is_whole=behind == 0)


def _readable_rows(asked: _Asked, *sides: _Side) -> dict[str, FoundChunk]:
    """The rows of what the sides propose, as far as the caller may read them now."""
    ids = {chunk_id for side in sides for chunk_id, _score in side.hits}
    reader = asked.reader
    with reader.resources.transactions.read() as session:
        rows = queries.readable_chunks(session, reader.caller, ids, reader.scopes)
    return {
        name: row for name, row in rows.items() if reader.versions is None or row[1].id in reader.versions
    }


def _judge(
    asked: _Asked, ids: list[str], near: _Side, lexical: _Side
) -> tuple[dict[str, float], dict[str, float]]:
    """What both sides say of every chunk that one of them proposed: cosine similarities and words' scores."""
    wanted, words = set(ids), asked.reader.resources.lexical
    known = {name: score for name, score in near.hits if name in wanted}
    unknown = [chunk_id for chunk_id in ids if chunk_id not in known]
    similarities = known | _judged(near, lambda: dense.similarities(asked.reader, unknown))
    proposed = {name: score for name, score in lexical.hits if name in wanted}
    return similarities, proposed | _judged(lexical, lambda: words.scores(asked.question, ids))


def _judged(side: _Side, judge: Callable[[], dict[str, float]]) -> dict[str, float]:
    """A side that is down is not asked again; what it proposed before it went down still counts."""
    try:
        return {} if side.is_down else judge()
    except errors.IndexUnavailable:
        return {}


def _ranked(
    rows: Mapping[str, FoundChunk], similarities: Mapping[str, float], scores: Mapping[str, float]
) -> list[Passage]:
    document_of = {chunk_id: document.id for chunk_id, (_chunk, _version, document) in rows.items()}
    fused = dict.fromkeys(rows, 0.0) | dict(fusion.fuse(similarities, scores))
    ranking = fusion.with_support(sorted(fused.items(), key=lambda hit: (-hit[1], hit[0])), document_of)
    return [hydration.passage(rows[chunk_id], score) for chunk_id, score in ranking]


def _degraded(near: _Side, lexical: _Side) -> tuple[str, ...]:
    # Neighbours always exist, so a dense search without any beside lexical hits has lost its vectors.
    near_is_whole = near.is_whole and bool(near.hits or not lexical.hits)
    return tuple(
        name for name, is_whole in ((DENSE, near_is_whole), (LEXICAL, lexical.is_whole)) if not is_whole
    )


def _cleaned(question: str) -> str:
    """Without lone surrogates, which no encoder takes, and of a bounded length."""
    return question[:LONGEST_QUESTION].encode(errors="replace").decode().replace("\0", " ").strip()


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = perf_counter()
    yield
    timings[step] = round((perf_counter() - started) * 1000, 2)
