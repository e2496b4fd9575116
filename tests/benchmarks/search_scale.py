"""How search grows: `python -m tests.benchmarks.search_scale DATA CACHE --chunks 10000 100000 1000000`.

For each size and share of readable chunks: time of a whole search with the question's vector given (every
index, SQL checks, fusion), recall@10 of the nearest chunks against an exact scan made here, and short pages.
Chunks are truly embedded texts and jittered copies of them: see scaled_library.py.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from services.identity.callers import Caller
from services.retrieval import dense, queries, search
from services.settings import Settings
from tests.benchmarks import scaled_library
from tests.benchmarks.memory import MIB, tree_bytes
from tests.benchmarks.scaled_library import SHARES, Originals
from tests.chroma_server import running_chroma
from tests.library_of_texts import Library, close_library, open_library
from tests.quality import figures
from tests.quality.figures import Figure

COMMAND = "make bench-search"
PAGE = 10
WARM_UP = 5


@dataclass(frozen=True)
class Cell:
    """One size and share: times in ms, recall@10 in 0…1, and pages that were shorter than they had to be."""

    chunks: int
    readable: int
    share: float
    times: list[float]
    recalls: list[float]
    short: int

    def quantile(self, percent: float) -> float:
        return float(np.percentile(self.times, percent))

    @property
    def recall(self) -> float:
        return float(np.mean(self.recalls))


@dataclass(frozen=True)
class Yardstick:
    """All vectors, ids and scopes, read from the vector file once and ranked here without its code."""

    matrix: np.ndarray
    ids: list[str]
    scopes: np.ndarray

    def rows(self, readable: frozenset[int]) -> np.ndarray:
        return np.flatnonzero(np.isin(self.scopes, sorted(readable)))

    def nearest(self, vector: np.ndarray, rows: np.ndarray) -> set[str]:
        """Ids of the truly nearest among these rows."""
        return {self.ids[row] for row in rows[np.argsort(-(self.matrix[rows] @ vector))[:PAGE]]}


def measure(library: Library, originals: Originals, chunks: int) -> list[Cell]:
    """Every share in turn, the questions in the same order."""
    yardstick = _yardstick(library)
    cells = []
    for name, share in SHARES.items():
        caller = library.caller(name)
        times, shown = _timed(library, originals, caller)
        rows = yardstick.rows(_scopes(library, caller))
        short = sum(count < min(PAGE, len(rows)) for count in shown)
        recalls = _recalls(library, originals, caller, yardstick, rows)
        cells.append(Cell(chunks, len(rows), share, times, recalls, short))
        _print_cell(cells[-1])
    return cells


def _timed(library: Library, originals: Originals, caller: Caller) -> tuple[list[float], list[int]]:
    """Milliseconds of each search after the first few, and how many passages each page had."""
    times, shown = [], []
    for question, vector in zip(originals.questions, originals.question_vectors, strict=True):
        began = time.perf_counter()
        found = search.find_passages(caller, question, library.resources, limit=PAGE, vector=vector)
        times.append((time.perf_counter() - began) * 1000)
        shown.append(len(found.passages))
    return times[WARM_UP:], shown


def _recalls(
    library: Library, originals: Originals, caller: Caller, yardstick: Yardstick, rows: np.ndarray
) -> list[float]:
    """The share of the truly nearest readable chunks that the product's nearest ten hold."""
    scopes, recalls = _scopes(library, caller), []
    for vector in originals.question_vectors:
        reader = dense.Reader(caller, scopes, vector, library.resources)
        found = {name for name, _ in dense.nearest(reader, search.CANDIDATES)[:PAGE]}
        best = yardstick.nearest(vector, rows)
        recalls.append(len(found & best) / max(1, len(best)))
    return recalls


def _scopes(library: Library, caller: Caller) -> frozenset[int]:
    with library.resources.transactions.read() as session:
        return queries.reach(session, caller, None)


def _yardstick(library: Library) -> Yardstick:
    versions = list(library.resources.vectors.versions())
    return Yardstick(
        np.concatenate([one.vectors for one in versions]),
        [chunk_id for one in versions for chunk_id in one.ids],
        np.concatenate([np.full(len(one.ids), one.scope) for one in versions]),
    )


def _print_cell(cell: Cell) -> None:
    print(
        f"{cell.chunks:>9,} chunks, {cell.readable:>9,} readable ({cell.share:.1%}): "
        f"p50 {cell.quantile(50):6.1f} ms, p95 {cell.quantile(95):6.1f} ms, "
        f"recall@10 {cell.recall:.4f}, short pages {cell.short}",
        flush=True,
    )


@contextmanager
def _library(folder: Path) -> Iterator[tuple[Library, int]]:
    with running_chroma(folder / "chroma") as server:
        settings = Settings(data_dir=folder, secret_key="s" * 32)
        library = open_library(settings, folder, chunk_index=server.index("scale"))
        try:
            yield library, server.process.pid if server.process else 0
        finally:
            close_library(library)


def one_size(originals: Originals, chunks: int, folder: Path) -> list[Cell]:
    cached = psutil.virtual_memory().cached
    with _library(folder) as (library, chroma):
        built = scaled_library.build(library, originals, chunks)
        parts = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in built.seconds.items())
        print(f"{chunks:,} chunks built: {parts}", flush=True)
        cells = measure(library, originals, chunks)
        grown = (psutil.virtual_memory().cached - cached) / MIB
        print(
            f"resident: this process {tree_bytes(os.getpid()) / MIB:.0f} MiB with the yardstick's copy of "
            f"the vectors, Chroma {tree_bytes(chroma) / MIB:.0f} MiB; page cache {grown:+.0f} MiB; on disk: "
            + ", ".join(
                f"{part} {_size(folder / part):.0f} MiB" for part in ("vectors", "lexical", "chroma")
            ),
            flush=True,
        )
    return cells


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MIB


def write_figures(cells: Sequence[Cell]) -> None:
    rows = [
        Figure(
            "retrieval_recall10_min",
            round(min(cell.recall for cell in cells), 4),
            "",
            "≥ 0.95",
            COMMAND,
            f"{len(cells)} cells up to {max(cell.chunks for cell in cells):,} chunks",
        ),
        Figure("retrieval_short_pages", sum(cell.short for cell in cells), "", "= 0", COMMAND),
    ]
    for chunks in sorted({cell.chunks for cell in cells}):
        worst = max((cell for cell in cells if cell.chunks == chunks), key=lambda cell: cell.quantile(95))
        detail = (
            f"worst share {worst.share:.1%}; p50 {worst.quantile(50):.1f} ms; {len(worst.times)} questions"
        )
        rows.append(
            Figure(
                f"retrieval_p95_ms_{_short(chunks)}",
                round(worst.quantile(95), 1),
                "ms",
                "≤ 150",
                COMMAND,
                detail,
            )
        )
    figures.write("search_scale", rows)


def _short(chunks: int) -> str:
    return f"{chunks // 1_000_000}m" if chunks % 1_000_000 == 0 else f"{chunks // 1000}k"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path, help="folder in which embeddings are kept")
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--embedded", type=int, default=20_000, help="chunks to embed truly")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to build; a temporary folder unless named")
    wanted = parser.parse_args(arguments)
    originals = scaled_library.read_originals(
        wanted.data, wanted.cache, wanted.embedded, wanted.questions, wanted.threads
    )
    print(f"{len(originals.texts):,} chunks truly embedded, {len(originals.questions)} questions", flush=True)
    cells: list[Cell] = []
    for chunks in wanted.chunks:
        with tempfile.TemporaryDirectory(dir=wanted.folder, ignore_cleanup_errors=True) as folder:
            cells += one_size(originals, chunks, Path(folder))
            shutil.rmtree(folder, ignore_errors=True)
    write_figures(cells)
    return 0


if __name__ == "__main__":
    sys.exit(main())
