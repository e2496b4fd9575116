"""The nearest readable chunks: an exact scan for narrow readers, Chroma's neighbours for broad ones.

A narrow reader's chunks lie together in the vector file, so that looking at all of them is quick and misses
nothing. For a broad reader Chroma is asked without a filter for more than is needed; what may not be read is
dropped in SQL, and more is asked for until there is enough. Where that does not end well, the scan does.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import ceil

from services import errors
from services.adapters.chroma import Vectors
from services.identity.callers import Caller
from services.resources import Resources
from services.retrieval import follow, queries

Hits = list[tuple[str, float]]
# Up to so many readable chunks an exact scan takes some 10 ms (measured: tests/benchmarks/search_scale.py).
EXACT_CHUNKS = 100_000
# Chroma is asked for what the reader's share of the library makes likely, and for this much more.
MARGIN = 1.5
MOST_NEIGHBOURS = 2000
REFILL = 4
# Without a vector file: from this share on a search without a filter finds enough.
BROAD_SHARE = 0.3
CHANGES_WORTH_WAITING_FOR = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, with which scopes, and for which vector."""

    caller: Caller
    scopes: frozenset[int]
    vector: Vectors
    resources: Resources
    versions: frozenset[str] | None = None
    """Only these, where filters were asked for."""


def nearest(reader: Reader, wanted: int) -> Hits:
    """The `wanted` nearest chunks the reader may read, fewer only where there are fewer.

    errors.IndexUnavailable when neither the vector file nor Chroma can answer.
    """
    if not is_current(reader.resources):
        return _until_enough(reader, wanted, _without_file(reader, wanted))
    vectors = reader.resources.vectors
    readable, everything = vectors.count(reader.scopes), vectors.count()
    if readable > EXACT_CHUNKS and reader.versions is None:
        try:
            hits = _until_enough(reader, wanted, _neighbours(reader, wanted * everything / readable))
        except errors.IndexUnavailable:
            hits = []
        if len(hits) == wanted:
            return hits
    return _scanned(reader, wanted)


def similarities(reader: Reader, ids: Collection[str]) -> dict[str, float]:
    """Cosine similarity of each of these chunks, exactly."""
    if is_current(reader.resources):
        return reader.resources.vectors.similarities(reader.vector, ids)
    return reader.resources.chunk_index.similarities(reader.vector, list(ids))


def is_current(resources: Resources) -> bool:
    """Whether the vector file holds what SQL holds; a short way behind is caught up first."""
    try:
        return follow.catch_up_vectors(resources, at_most=CHANGES_WORTH_WAITING_FOR) == 0
    except errors.IndexUnavailable:
        return False


def _scanned(reader: Reader, wanted: int) -> Hits:
    k = wanted
    while True:
        proposed = reader.resources.vectors.search(reader.vector, k, reader.scopes, reader.versions)
        hits = _readable(reader, proposed)
        if len(hits) >= wanted or len(proposed) < k:
            return hits[:wanted]
        k *= REFILL


def _neighbours(reader: Reader, likely: float) -> Iterator[Hits]:
    """Chroma's nearest, more each time, as far as a list of neighbours is quicker than a scan."""
    k = min(ceil(likely * MARGIN), MOST_NEIGHBOURS)
    while True:
        yield reader.resources.chunk_index.search(reader.vector, k)
        if k == MOST_NEIGHBOURS:
            return
        k = min(k * REFILL, MOST_NEIGHBOURS)


def _without_file(reader: Reader, wanted: int) -> Iterator[Hits]:
    """While the vector file is being made: without a filter for broad readers, then with one, to the end."""
    index = reader.resources.chunk_index
    with reader.resources.transactions.read() as session:
        share = queries.share(session, reader.scopes)
    if share >= BROAD_SHARE:
        yield from _neighbours(reader, wanted / share)
    k, everything = wanted * 2, index.count()
    while True:
        yield index.search(reader.vector, k, reader.scopes)
        if k >= everything:
            return
        k *= REFILL


def _until_enough(reader: Reader, wanted: int, attempts: Iterator[Hits]) -> Hits:
    hits: Hits = []
    for proposed in attempts:
        hits = _readable(reader, proposed)
        if len(hits) >= wanted:
            break
    return hits[:wanted]


def _readable(reader: Reader, hits: Hits) -> Hits:
    with reader.resources.transactions.read() as session:
        ids = [chunk_id for chunk_id, _score in hits]
        readable = queries.readable_ids(session, reader.caller, reader.scopes, ids, reader.versions)
    return [hit for hit in hits if hit[0] in readable]
