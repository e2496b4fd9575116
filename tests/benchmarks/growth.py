"""`make bench-growth`: how search, claims, listing, upkeep and rebuild grow with the library.

Each is timed at every size on PostgreSQL and a real Chroma server; the exponent is the slope of the straight
line through log(time) over log(chunks): 0 does not grow, 1 grows as the library does.

python -m tests.benchmarks.growth DATA CACHE --million
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import update

from ingestion import index_repair
from ingestion.arrays import array_bytes
from services.database.tables.library import Version
from services.dependencies import PageRequest
from services.documents import queries
from services.retrieval import follow, search
from services.settings import Settings
from tests.benchmarks import claims, scaled_library
from tests.benchmarks.scaled_library import CHUNKS_A_DOCUMENT, Originals
from tests.chroma_server import running_chroma
from tests.library_of_texts import Library, close_library, open_library
from tests.parts import running_postgres
from tests.quality import figures
from tests.quality.figures import Figure

COMMAND = "make bench-growth"
SIZES = (10_000, 100_000)
MILLION = 1_000_000
PAGES, CLAIMS, WARM_UP = 20, 100, 5
EVERYTHING = "all"
OF = {
    "retrieval_ms": "a search of everything, question embedded already, median",
    "claims_ms": "a claim while as many jobs wait as there are documents, median",
    "listing_ms": "a page of 50 documents, from the first and from the middle, median",
    "upkeep_s": "every id of SQL compared with the index",
    "rebuild_s": "Chroma, the vector file and the lexical index filled anew from what is stored",
}
Row = dict[str, float]


def one_size(originals: Originals, chunks: int, folder: Path) -> Row:
    """The library of this size, built, stored and timed."""
    with running_postgres(durable=True) as server, running_chroma(folder / "chroma") as chroma:
        settings = Settings(data_dir=folder, secret_key="s" * 32, database={"url": server.database()})
        library = open_library(settings, folder, chunk_index=chroma.index("growth"))
        try:
            scaled_library.build(library, originals, chunks)
            _store_vectors(library)
            return _measured(library, originals, chunks)
        finally:
            close_library(library)


def _measured(library: Library, originals: Originals, chunks: int) -> Row:
    resources = library.resources
    row = {"retrieval_ms": _search_ms(library, originals), "listing_ms": _listing_ms(library)}
    row["upkeep_s"] = _seconds(lambda: index_repair.make_equal(resources))
    row["rebuild_s"] = _seconds(lambda: _rebuild(library))
    queue = claims.measure(max(1, chunks // CHUNKS_A_DOCUMENT), CLAIMS)
    row["claims_ms"] = _median_ms(queue.long_s)
    print(
        f"{chunks:,} chunks: " + ", ".join(f"{name} {value:.1f}" for name, value in row.items()), flush=True
    )
    return row


def _store_vectors(library: Library) -> None:
    """As an ingestion leaves them: what an index is rebuilt from."""
    resources = library.resources
    with resources.transactions.write() as session:
        for one in resources.vectors.versions():
            digest = resources.files.save_bytes(array_bytes(np.asarray(one.vectors)))
            session.execute(update(Version).where(Version.id == one.version_id).values(vectors_digest=digest))


def _search_ms(library: Library, originals: Originals) -> float:
    caller, seconds = library.caller(EVERYTHING), []
    for question, vector in zip(originals.questions, originals.question_vectors, strict=True):
        seconds.append(
            _seconds(lambda: search.find_passages(caller, question, library.resources, vector=vector))  # noqa: B023
        )
    return _median_ms(seconds[WARM_UP:])


def _listing_ms(library: Library) -> float:
    caller, middle = library.caller(EVERYTHING), f"{'8' * 32}\n{'8' * 32}"
    seconds = []
    for after in ["", middle] * (PAGES // 2):
        with library.resources.transactions.read() as session:
            page = PageRequest(after, 50)
            seconds.append(_seconds(lambda: queries.documents_page(session, caller, page, None)))  # noqa: B023
    return _median_ms(seconds)


def _rebuild(library: Library) -> None:
    unwatched = SimpleNamespace(enter=lambda *_: None, reach=lambda *_: None)
    index_repair.copy_everything(library.resources, unwatched)  # type: ignore[arg-type]
    follow.read_vectors_anew(library.resources)
    follow.read_words_anew(library.resources)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _median_ms(seconds: Sequence[float]) -> float:
    return float(np.median(seconds) * 1000)


def exponent(rows: dict[int, Row], name: str) -> float:
    """Slope of log(time) over log(chunks); not a number of one size."""
    if len(rows) < 2:
        return math.nan
    sizes = sorted(rows)
    return float(np.polyfit(np.log(sizes), np.log([rows[size][name] for size in sizes]), 1)[0])


def figures_of(rows: dict[int, Row]) -> list[Figure]:
    found = []
    for name, what in OF.items():
        quantity, _, unit = name.rpartition("_")
        found += [
            Figure(f"growth_{name}_{_short(size)}", round(row[name], 2), unit, "", COMMAND, what)
            for size, row in sorted(rows.items())
        ]
        sizes = f"{len(rows)} sizes up to {max(rows):,} chunks; {what}"
        found.append(
            Figure(f"growth_{quantity}_exponent", round(exponent(rows, name), 2), "", "", COMMAND, sizes)
        )
    return found


def _short(chunks: int) -> str:
    return f"{chunks // MILLION}m" if chunks % MILLION == 0 else f"{chunks // 1000}k"


def print_table(rows: dict[int, Row]) -> None:
    table = Table(
        "", *(f"{size:,}" for size in sorted(rows)), "exponent", title="growth", title_justify="left"
    )
    for name in OF:
        values = (f"{rows[size][name]:.2f}" for size in sorted(rows))
        table.add_row(name.replace("_", " "), *values, f"{exponent(rows, name):.2f}")
    Console(width=120).print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path, help="folder in which embeddings are kept")
    parser.add_argument("--chunks", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--million", action="store_true", help="a million chunks as well: hours")
    parser.add_argument("--embedded", type=int, default=20_000, help="chunks to embed truly")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args(arguments)
    originals = scaled_library.read_originals(
        wanted.data, wanted.cache, wanted.embedded, wanted.questions, wanted.threads
    )
    rows: dict[int, Row] = {}
    for chunks in [*wanted.chunks, *([MILLION] if wanted.million else [])]:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            rows[chunks] = one_size(originals, chunks, Path(folder))
    print_table(rows)
    figures.write("growth", figures_of(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
