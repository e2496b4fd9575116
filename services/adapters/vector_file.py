"""The vector file: every vector of a generation in one memory-mapped file, ordered by scope, scanned exactly.

It is derived from SQL and the stored arrays, and follows the change log as the lexical index does. The file
itself is written whole and never changed; later changes lie in memory beside it until they are many, when
it is written anew. A restart reads the file and applies the changes after its position again.
"""

import fcntl
import heapq
import io
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import IO, Any
from uuid import uuid4

import numpy as np

from services import errors
from services.adapters.vector_segment import ID_BYTES, Segment, Span, Vectors, VersionVectors, segment_of

FORM = 1
CURRENT = "current.json"
# Changes in memory are written into the file once they are so many rows, or this share of it.
MOST_ROWS_BESIDE = 4096
MOST_SHARE_BESIDE = 0.2
MOST_SEGMENTS = 8


def read_array(content: bytes) -> Vectors:
    """The vectors of a stored `.npy` file; pickled content is refused."""
    array: Vectors = np.load(io.BytesIO(content), allow_pickle=False)
    return array


@dataclass(frozen=True, slots=True)
class _State:
    """What a search sees: the file's segment first, then later ones; replaced whole, never changed."""

    segments: tuple[Segment, ...]
    position: int
    written: int
    """Rows of the file, whether or not they are still to be found."""

    def count(self, scopes: Collection[int] | None = None) -> int:
        return sum(segment.count(scopes) for segment in self.segments)


class VectorFile:
    """Exact nearest neighbours by scope; written by one process, searched by all its threads.

    Nothing on disk is touched before the first use. What is damaged or missing is
    read as empty, at position 0.
    """

    def __init__(self, folder: Path, *, dimensions: int = 384) -> None:
        self._folder = folder
        self._dimensions = dimensions
        self._lock = RLock()
        self._held: IO[bytes] | None = None
        self._state: _State | None = None
        self._added: dict[str, VersionVectors] = {}
        self._removed: set[str] = set()

    def writing(self) -> RLock:
        """Held by a thread while it makes one whole change of several calls."""
        return self._lock

    def position(self) -> int:
        """The position up to which changes are found."""
        return self._opened().position

    def count(self, scopes: Collection[int] | None = None) -> int:
        """How many chunks of these scopes are found; None means all."""
        return self._opened().count(scopes)

    def mark(self) -> int:
        """The sum that equal sets of chunks share; see `generations.mark_of`."""
        return sum(segment.mark() for segment in self._opened().segments)

    def search(
        self,
        vector: Vectors,
        k: int,
        scopes: Collection[int] | None = None,
        versions: frozenset[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` nearest chunks with their cosine similarity, best first; None means all."""
        wanted = None if scopes is None else frozenset(scopes)
        hits = [hit for part in self._opened().segments for hit in part.nearest(vector, k, wanted, versions)]
        best = heapq.nsmallest(k, hits, key=lambda hit: (-hit[0], hit[1]))
        return [(chunk_id, similarity) for similarity, chunk_id in best]

    def similarities(self, vector: Vectors, ids: Collection[str]) -> dict[str, float]:
        """Cosine similarity of each of these chunks; unknown ones are left out."""
        found: dict[str, float] = {}
        for segment in self._opened().segments:
            found |= segment.products(vector, ids)
        return found

    def versions(self) -> Iterator[VersionVectors]:
        """Every version with its chunks, for comparing with SQL."""
        return (version for segment in self._opened().segments for version in segment.versions())

    def add(self, versions: Iterable[VersionVectors]) -> None:
        """Put versions in, or in again with another scope; they are found after the next `commit`."""
        with self._lock:
            for version in versions:
                if version.vectors.shape != (len(version.ids), self._dimensions):
                    raise errors.HoldfastError(f"The vectors of {version.version_id} do not fit its chunks")
                self._removed.add(version.version_id)
                self._added[version.version_id] = version

    def remove_version(self, version_id: str) -> None:
        """Take a version's chunks out; it takes effect with the next `commit`."""
        with self._lock:
            self._removed.add(version_id)
            self._added.pop(version_id, None)

    def commit(self, position: int) -> None:
        """Make everything since the last commit findable, together with the applied position."""
        with self._lock:
            self._hold()
            state = self._opened()
            segments = tuple(segment.without(self._removed) for segment in state.segments)
            if self._added:
                segments += (segment_of(list(self._added.values()), self._dimensions),)
            if len(segments) > MOST_SEGMENTS:
                later = [version for segment in segments[1:] for version in segment.versions()]
                segments = (segments[0], segment_of(later, self._dimensions))
            self._state = replace(state, segments=segments, position=position)
            self._forget_pending()

    def settle(self) -> bool:
        """Write the file anew where much has changed since; searches go on meanwhile."""
        with self._lock:
            state = self._opened()
            in_file = state.segments[0].count()
            changed = state.count() - in_file + state.written - in_file
            if changed <= max(MOST_ROWS_BESIDE, MOST_SHARE_BESIDE * state.written):
                return False
            every = ((span, segment) for segment in state.segments for span in segment.spans)
            ordered = sorted(every, key=lambda pair: (pair[0].scope, pair[0].version_id))
            self.write((segment.version(span) for span, segment in ordered), state.position)
            return True

    def write(self, versions: Iterable[VersionVectors], position: int) -> None:
        """Replace everything by these versions, given in the order of their scopes."""
        with self._lock, _disk_faults_typed():
            self._hold()
            folder = self._folder / f"at-{position}-{uuid4().hex[:8]}"
            folder.mkdir(parents=True)
            spans = _write_rows(folder, versions)
            kept = {"form": FORM, "dimensions": self._dimensions, "position": position, "folder": folder.name}
            _write_durably(folder / "spans.json", json.dumps([_as_list(span) for span in spans]).encode())
            _write_durably(self._folder / "next.json", json.dumps(kept).encode())
            (self._folder / "next.json").replace(self._folder / CURRENT)
            self._state = self._read()
            self._forget_pending()
            self._drop_all_but(folder.name)

    def clear(self) -> None:
        """Forget everything; the index is as new, at position 0."""
        with self._lock:
            self._state = None
            self._forget_pending()
            if self._folder.exists():
                self._hold()
                (self._folder / CURRENT).unlink(missing_ok=True)
                self._drop_all_but("")

    def close(self) -> None:
        """Give the folder's lock back; what lies in memory only is applied again at the next start."""
        with self._lock:
            self._state = None
            self._forget_pending()
            if self._held is not None:
                self._held.close()
                self._held = None

    def _opened(self) -> _State:
        state = self._state
        if state is not None:
            return state
        with self._lock:
            if self._state is None:
                self._state = self._read() or _State((segment_of([], self._dimensions),), 0, 0)
            return self._state

    def _read(self) -> _State | None:
        """The file as it lies there; None when there is none, or one that cannot be right."""
        try:
            kept = json.loads((self._folder / CURRENT).read_bytes())
            if kept["form"] != FORM or kept["dimensions"] != self._dimensions:
                return None
            folder = self._folder / str(kept["folder"])
            spans = tuple(Span(*span) for span in json.loads((folder / "spans.json").read_bytes()))
            rows = spans[-1].stop if spans else 0
            return _State((self._mapped(folder, rows, spans),), int(kept["position"]), rows)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _mapped(self, folder: Path, rows: int, spans: tuple[Span, ...]) -> Segment:
        if rows == 0:
            return segment_of([], self._dimensions)
        vectors = np.memmap(folder / "vectors.f32", np.float32, "r").reshape(-1, self._dimensions)
        ids = np.memmap(folder / "ids.bin", f"S{ID_BYTES}", "r")
        order = np.memmap(folder / "order.i64", np.int64, "r")
        if {len(vectors), len(ids), len(order)} != {rows}:
            raise ValueError("the file is not as long as it says")
        return Segment(ids, order, vectors, spans)

    def _forget_pending(self) -> None:
        self._added, self._removed = {}, set()

    def _hold(self) -> None:
        """Keep other processes from writing here; errors.IndexUnavailable when one does."""
        if self._held is not None:
            return
        with _disk_faults_typed():
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / "lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise errors.IndexUnavailable(
                "The vector file's folder belongs to another running process; give each its own"
            ) from error
        self._held = file

    def _drop_all_but(self, name: str) -> None:
        for old in self._folder.glob("at-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _disk_faults_typed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.IndexUnavailable(f"The vector file cannot be written: {error.strerror}") from error


def _write_rows(folder: Path, versions: Iterable[VersionVectors]) -> list[Span]:
    spans: list[Span] = []
    rows = 0
    with _synced(folder / "vectors.f32") as vectors, _synced(folder / "ids.bin") as ids:
        for version in versions:
            stop = rows + len(version.ids)
            spans.append(Span(version.version_id, version.scope, rows, stop))
            vectors.write(np.ascontiguousarray(version.vectors, np.float32).tobytes())
            ids.write(np.array(version.ids, dtype=f"S{ID_BYTES}").tobytes())
            rows = stop
    names = np.fromfile(folder / "ids.bin", f"S{ID_BYTES}")
    _write_durably(folder / "order.i64", np.argsort(names, kind="stable").astype(np.int64).tobytes())
    return spans


def _as_list(span: Span) -> list[Any]:
    return [span.version_id, span.scope, span.start, span.stop]


def _write_durably(path: Path, content: bytes) -> None:
    with _synced(path) as file:
        file.write(content)


@contextmanager
def _synced(path: Path) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
