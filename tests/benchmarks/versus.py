"""Holdfast with its durability on against the afternoon's pipeline, on the same files of the handbook."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select

from services import runs
from services.database.session import Transactions
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.database.tables.runs import RUNNING, WAITING, Run
from tests.benchmarks import ingestion, intervals
from tests.benchmarks.langchain_pipeline import Added, LangChainPipeline
from tests.benchmarks.parts import Parts
from tests.quality.asking import Person
from tests.quality.figures import Figure

COMMAND = "make bench"
POLL_S = 0.1
TARGETS = {
    ("float32", "at_once"): "≥ 1.0",
    ("bfloat16", "at_once"): "≥ 1.6",
    ("bfloat16", "one_by_one"): "≥ 1.8",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """The same files: by us, and by the other pipeline right after."""

    ours: Added
    theirs: Added

    @property
    def ratio(self) -> float:
        """Our files/s over theirs."""
        return self.theirs.seconds / self.ours.seconds


def parts_of(data: Path, number: int, share: int = 1) -> list[list[Path]]:
    """Every `share`-th file of the handbook that holds something of its own, dealt out to lists."""
    files = sorted((data / "handbook" / "sourcegraph").rglob("*.md"))[::share]
    contents = {sha256(path.read_bytes()).digest(): path for path in files if path.read_text().strip()}
    return [list(contents.values())[place::number] for place in range(number)]


def measure(
    running: Parts, person: Person, batches: Sequence[Sequence[Path]], manners: Sequence[str], folder: Path
) -> dict[str, list[Pair]]:
    """Each list of files once by us (equal bytes are read once only), then by them in each manner."""
    bare = ingestion.bare_embedder(2)
    bare.encode(["To warm up."] * 8, show_progress_bar=False)
    add(person, running.transactions, [Path(__file__)], "warm-up")
    pairs: dict[str, list[Pair]] = {manner: [] for manner in manners}
    for number, batch in enumerate(batches):
        ours = add(person, running.transactions, batch, f"part-{number}")
        for manner in manners:
            other = LangChainPipeline(folder / f"{manner}-{number}", bare)
            theirs = other.add_at_once(batch) if manner == "at_once" else other.add_one_by_one(batch)
            pairs[manner].append(Pair(ours, theirs))
    return pairs


def add(person: Person, transactions: Transactions, files: Sequence[Path], prefix: str) -> Added:
    """Hand all of them in, and wait until the last can be found."""
    began = time.perf_counter()
    for number, path in enumerate(files):
        ingestion.upload(person, path, f"{prefix}-{number:04}-{path.name}")
    while _is_any_open(transactions):
        time.sleep(POLL_S)
    seconds = time.perf_counter() - began
    chunks, tokens, documents = _made(transactions, prefix)
    if documents != len(files):
        raise ingestion.JobFailed(f"{len(files) - documents} of {len(files)} files were not read")
    return Added(len(files), chunks, tokens, seconds)


def _is_any_open(transactions: Transactions) -> bool:
    query = select(func.count()).where(Run.kind == runs.INGEST, Run.state.in_((WAITING, RUNNING)))
    with transactions.read() as session:
        return bool(session.scalar(query))


def _made(transactions: Transactions, prefix: str) -> tuple[int, int, int]:
    """Chunks, their tokens, and how many documents of these names are visible."""
    query = (
        select(func.count(), func.sum(ChunkRow.tokens), func.count(Version.id.distinct()))
        .select_from(ChunkRow)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.name.startswith(f"{prefix}-"))
    )
    with transactions.read() as session:
        chunks, tokens, documents = session.execute(query).one()
    return chunks, tokens or 0, documents


def figures_of(precision: str, measured: dict[str, list[Pair]]) -> list[Figure]:
    """One figure for each way the other pipeline was run; chunks and tokens of both beside it."""
    return [_figure(precision, manner, pairs) for manner, pairs in measured.items()]


def _figure(precision: str, manner: str, pairs: Sequence[Pair]) -> Figure:
    ratio = intervals.median([pair.ratio for pair in pairs])
    ours, theirs = _told([pair.ours for pair in pairs]), _told([pair.theirs for pair in pairs])
    return Figure(
        f"ingest_vs_langchain_{precision}_{manner}",
        round(ratio.value, 3),
        "ratio",
        TARGETS.get((precision, manner), ""),
        COMMAND,
        f"{ratio.detail()}; ours {ours}; theirs {theirs}",
    )


def _told(added: Sequence[Added]) -> str:
    files, seconds = sum(each.files for each in added), sum(each.seconds for each in added)
    chunks, tokens = sum(each.chunks for each in added), sum(each.tokens for each in added)
    return f"{files / seconds:.2f} files/s, {chunks} chunks, {tokens} tokens"
