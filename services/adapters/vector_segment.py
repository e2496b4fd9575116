"""Vectors that lie one after another, and what is known of each: its chunk, its version, its scope."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
ID_BYTES = 64
# What is multiplied at once: 100 MB of vectors, so that a scan's own memory stays small.
ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class VersionVectors:
    """One version's chunk ids with their vectors, row by row, and the scope of its readers."""

    version_id: str
    scope: int
    ids: Sequence[str]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Span:
    """Where a version's rows lie."""

    version_id: str
    scope: int
    start: int
    stop: int


@dataclass(frozen=True)
class Segment:
    """Rows that never change; a version is taken out by leaving its span away."""

    ids: NDArray[np.bytes_]
    order: NDArray[np.int64]
    """The rows in the order of their ids, to look one up."""
    vectors: Vectors
    spans: tuple[Span, ...]

    def without(self, version_ids: Collection[str]) -> "Segment":
        kept = tuple(span for span in self.spans if span.version_id not in version_ids)
        return self if len(kept) == len(self.spans) else replace(self, spans=kept)

    def count(self, scopes: Collection[int] | None = None) -> int:
        """Rows of these scopes; None means all."""
        if scopes is None:
            return sum(self._rows_of.values())
        return sum(count for scope, count in self._rows_of.items() if scope in scopes)

    def mark(self) -> int:
        """The sum that equal sets of chunks share: of the first six hexadecimal digits of each id."""
        letters = np.ascontiguousarray(self.ids[self._living]).view(np.uint8).reshape(-1, ID_BYTES)[:, :6]
        digits = np.where(letters >= ord("a"), letters - ord("a") + 10, letters - ord("0")).astype(np.int64)
        return int((digits @ (16 ** np.arange(5, -1, -1))).sum())

    def nearest(
        self,
        vector: Vectors,
        k: int,
        scopes: Collection[int] | None,
        versions: Collection[str] | None = None,
    ) -> list[tuple[float, str]]:
        """The `k` best rows of these scopes and versions by their product with the vector, best first."""
        found: list[tuple[float, str]] = []
        for start, stop in self._runs(scopes, versions):
            products = self.vectors[start:stop] @ vector
            best = range(len(products)) if len(products) <= k else np.argpartition(-products, k - 1)[:k]
            found += [(float(products[row]), self._id(start + int(row))) for row in best]
        return heapq.nsmallest(k, found, key=lambda hit: (-hit[0], hit[1]))

    def products(self, vector: Vectors, ids: Collection[str]) -> dict[str, float]:
        """The product of each of these chunks that lies here."""
        wanted = np.array(sorted(ids), dtype=f"S{ID_BYTES}")
        if not len(self.ids) or not len(wanted):
            return {}
        places = np.minimum(np.searchsorted(self.ids, wanted, sorter=self.order), len(self.ids) - 1)
        rows = [int(row) for row in self.order[places]]
        living = self._living
        return {
            self._id(row): float(self.vectors[row] @ vector)
            for row, chunk_id in zip(rows, wanted, strict=True)
            if self.ids[row] == chunk_id and living[row]
        }

    def versions(self) -> Iterator[VersionVectors]:
        """Every version that lies here."""
        for span in self.spans:
            yield self.version(span)

    def version(self, span: Span) -> VersionVectors:
        ids = [self._id(row) for row in range(span.start, span.stop)]
        return VersionVectors(span.version_id, span.scope, ids, self.vectors[span.start : span.stop])

    @cached_property
    def _rows_of(self) -> dict[int, int]:
        rows: dict[int, int] = {}
        for span in self.spans:
            rows[span.scope] = rows.get(span.scope, 0) + span.stop - span.start
        return rows

    @cached_property
    def _living(self) -> NDArray[np.bool_]:
        living = np.zeros(len(self.ids), dtype=bool)
        for span in self.spans:
            living[span.start : span.stop] = True
        return living

    def _runs(
        self, scopes: Collection[int] | None, versions: Collection[str] | None
    ) -> Iterator[tuple[int, int]]:
        """Stretches of rows that are wanted, spans that touch taken together, none too long."""
        start = stop = 0
        for span in self.spans:
            if scopes is not None and span.scope not in scopes:
                continue
            if versions is not None and span.version_id not in versions:
                continue
            if span.start != stop:
                yield from _pieces(start, stop)
                start = span.start
            stop = span.stop
        yield from _pieces(start, stop)

    def _id(self, row: int) -> str:
        return bytes(self.ids[row]).decode()


def segment_of(versions: Sequence[VersionVectors], dimensions: int) -> Segment:
    """These versions side by side, in memory."""
    spans, rows = [], 0
    for version in versions:
        spans.append(Span(version.version_id, version.scope, rows, rows + len(version.ids)))
        rows += len(version.ids)
    vectors = [np.empty((0, dimensions), np.float32), *(version.vectors for version in versions)]
    ids = [chunk_id for version in versions for chunk_id in version.ids]
    named = np.array(ids, dtype=f"S{ID_BYTES}")
    return Segment(named, np.argsort(named, kind="stable"), np.concatenate(vectors), tuple(spans))


def _pieces(start: int, stop: int) -> Iterator[tuple[int, int]]:
    return ((first, min(first + ROWS_AT_ONCE, stop)) for first in range(start, stop, ROWS_AT_ONCE))
