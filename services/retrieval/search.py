"""From a question to the passages its caller may read: dense and lexical side by side, fused, then checked.

The indexes only propose. What they hold may be old, so nothing leaves this room that SQL did not name
visible, undeleted and readable for this caller in the transaction that read its text. When SQL does not
answer, nobody gets anything (errors.DatabaseUnavailable).
"""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from services import errors
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import duplicates, follow, fusion, hydration, queries
from services.retrieval.queries import Reach

Hits = list[tuple[str, float]]
CANDIDATES = 60
LONGEST_QUESTION = 4000
# From this share of the library on, a search without a filter finds enough, and Chroma's filters are slow.
BROAD_SHARE = 0.3
OVERFETCH = (2, 8, 32)
# A search applies this many changes itself; a longer way is left to the follower.
CHANGES_WORTH_WAITING_FOR = 20
DENSE, LEXICAL = "dense", "lexical"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage was found: cosine similarity and BM25 score, None where that search did not find it."""

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
    caller: Caller
    question: str
    reach: Reach
    resources: Resources


@dataclass(frozen=True, slots=True)
class _Side:
    """What one of the two searches proposes; `is_whole` says that it could look at everything."""

    hits: Hits
    is_whole: bool = True


def find_passages(
    caller: Caller,
    question: str,
    resources: Resources,
    *,
    collections: Collection[str] | None = None,
    limit: int = 8,
) -> Found:
    """The best passages for the question among what the caller may read; of these collections, if named.

    Raises errors.NotFound for a collection the caller may not know of, and errors.IndexUnavailable when
    neither index answers.
    """
    timings: dict[str, float] = {}
    with _timed(timings, "reach"):
        asked = _Asked(caller, _cleaned(question), _reach(caller, collections, resources), resources)
    if not asked.question or not asked.reach.scopes:
        return Found((), {}, (), timings)
    with _timed(timings, "search"):
        dense, lexical = _both_sides(asked)
    with _timed(timings, "check"):
        passages = duplicates.drop_duplicates(_checked(asked, fusion.fuse(dense.hits, lexical.hits)))[:limit]
    return Found(
        tuple(passages), _evidence(passages, dense.hits, lexical.hits), _degraded(dense, lexical), timings
    )


def _reach(caller: Caller, collections: Collection[str] | None, resources: Resources) -> Reach:
    with resources.transactions.read() as session:
        within = queries.collection_ids(session, caller, collections) if collections else None
        return queries.reach(session, caller, within)


def _both_sides(asked: _Asked) -> tuple[_Side, _Side]:
    with ThreadPoolExecutor(2, thread_name_prefix="search") as pool:
        dense, lexical = pool.submit(_dense, asked), pool.submit(_lexical, asked)
    sides = _unless_down(dense), _unless_down(lexical)
    if sides == (None, None):
        raise errors.IndexUnavailable
    down = _Side([], is_whole=False)
    return sides[0] or down, sides[1] or down


def _unless_down(side: Future[_Side]) -> _Side | None:
    """One index down is survived; a database that does not answer is not."""
    try:
        return side.result()
    except errors.IndexUnavailable:
        return None


def _dense(asked: _Asked) -> _Side:
    """The nearest readable chunks: asked for again, wider and then filtered, until there are enough."""
    vector = asked.resources.embedder.embed_question(asked.question)
    hits: Hits = []
    for scopes, k in _attempts(asked.reach):
        proposed = asked.resources.chunk_index.search(vector, k, scopes)
        hits = _readable(asked, proposed)
        if len(hits) >= CANDIDATES or len(proposed) < k:
            break
    return _Side(hits[:CANDIDATES])


def _attempts(reach: Reach) -> Iterator[tuple[frozenset[int] | None, int]]:
    if reach.share >= BROAD_SHARE:
        yield from ((None, CANDIDATES * factor) for factor in OVERFETCH[:2])
    yield from ((reach.scopes, CANDIDATES * factor) for factor in OVERFETCH)


def _readable(asked: _Asked, hits: Hits) -> Hits:
    with asked.resources.transactions.read() as session:
        ids = [chunk_id for chunk_id, _score in hits]
        readable = queries.readable_ids(session, asked.caller, asked.reach.scopes, ids)
    return [hit for hit in hits if hit[0] in readable]


def _lexical(asked: _Asked) -> _Side:
    behind = follow.catch_up(asked.resources, at_most=CHANGES_WORTH_WAITING_FOR)
    hits = asked.resources.lexical.search(asked.question, CANDIDATES, asked.reach.scopes)
    return _Side(hits, is_whole=behind == 0)


def _checked(asked: _Asked, ranked: Hits) -> list[Passage]:
    ids = [chunk_id for chunk_id, _score in ranked]
    with asked.resources.transactions.read() as session:
        rows = queries.readable_chunks(session, asked.caller, ids, asked.reach.scopes)
    return [hydration.passage(rows[chunk_id], score) for chunk_id, score in ranked if chunk_id in rows]


def _evidence(passages: list[Passage], dense: Hits, lexical: Hits) -> dict[str, Evidence]:
    similarities, scores = dict(dense), dict(lexical)
    return {
        passage.chunk_id: Evidence(similarities.get(passage.chunk_id), scores.get(passage.chunk_id))
        for passage in passages
    }


def _degraded(dense: _Side, lexical: _Side) -> tuple[str, ...]:
    # Neighbours always exist, so a dense search without any beside lexical hits has lost its vectors.
    dense_is_whole = dense.is_whole and bool(dense.hits or not lexical.hits)
    return tuple(
        name for name, is_whole in ((DENSE, dense_is_whole), (LEXICAL, lexical.is_whole)) if not is_whole
    )


def _cleaned(question: str) -> str:
    """Without lone surrogates, which no encoder takes, and of a bounded length."""
    return question[:LONGEST_QUESTION].encode(errors="replace").decode().replace("\0", " ").strip()


@contextmanager
def _timed(timings: dict[str, float], step: str) -> Iterator[None]:
    started = perf_counter()
    yield
    timings[step] = round((perf_counter() - started) * 1000, 2)
