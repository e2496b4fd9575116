"""How much of the bare embedder's speed the pipeline keeps: upload to visible against `encode` alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sqlalchemy import select
from transformers.utils.logging import disable_progress_bar

from services.adapters.embedder import MAX_TOKENS, bundled_folder
from services.database.session import Transactions
from services.database.tables.library import VISIBLE, ChunkRow, Version
from services.passages import Chunk
from tests.benchmarks import intervals
from tests.quality.asking import Person
from tests.quality.figures import Figure

COMMAND = "make bench"
COLLECTION = "company-handbook"
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """The same chunks twice: through the pipeline, and by `encode` alone right after."""

    documents: int
    chunks: int
    pipeline_s: float
    encode_s: float

    @property
    def ratio(self) -> float:
        """Pipeline chunks/s over bare chunks/s."""
        return self.encode_s / self.pipeline_s


class JobFailed(RuntimeError):
    """A document of the corpus was not read."""


def measure(
    person: Person, transactions: Transactions, batches: Sequence[Sequence[Path]], threads: int
) -> list[Pair]:
    """One pair for each batch; the first one only warms both sides up and is not counted."""
    bare = bare_embedder(threads)
    return [_pair(person, transactions, batch, bare) for batch in batches][1:]


def bare_embedder(threads: int) -> SentenceTransformer:
    """What the pipeline is compared with: the library, the same files, window and thread count."""
    torch.set_num_threads(threads)
    disable_progress_bar()
    model = SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True)
    model.max_seq_length = MAX_TOKENS
    return model


def _pair(
    person: Person, transactions: Transactions, batch: Sequence[Path], bare: SentenceTransformer
) -> Pair:
    began = time.perf_counter()
    uploaded = [upload(person, path) for path in batch]
    for _, job in uploaded:
        wait(person, job)
    pipeline_s = time.perf_counter() - began
    texts = embedded_texts(transactions, [document for document, _ in uploaded])
    began = time.perf_counter()
    bare.encode(texts, batch_size=32, show_progress_bar=False)
    return Pair(len(batch), len(texts), pipeline_s, time.perf_counter() - began)


def upload(person: Person, path: Path, name: str = "") -> tuple[str, str]:
    """Hand one file in, under another name where one is given; the ids of its document and job."""
    with path.open("rb") as content:
        reply = person.http.post(
            "/api/v1/documents", data={"collection": COLLECTION}, files={"file": (name or path.name, content)}
        )
    reply.raise_for_status()
    uploaded = reply.json()
    return uploaded["document"]["id"], uploaded["job"]["id"]


def wait(person: Person, job_id: str) -> None:
    while True:
        job = person.http.get(f"/api/v1/jobs/{job_id}").raise_for_status().json()
        if job["state"] == "done":
            return
        if job["state"] not in ("waiting", "running"):
            raise JobFailed(f"{job['document_name']}: {job['error']}")
        time.sleep(POLL_S)


def embedded_texts(transactions: Transactions, document_ids: Sequence[str]) -> list[str]:
    """Exactly what the pipeline's embedder read of these documents."""
    query = (
        select(ChunkRow)
        .join(Version)
        .where(Version.document_id.in_(document_ids), Version.state == VISIBLE)
        .order_by(ChunkRow.version_id, ChunkRow.ordinal)
    )
    with transactions.read() as session:
        return [_chunk(row).embedded_text for row in session.scalars(query)]


def _chunk(row: ChunkRow) -> Chunk:
    return Chunk(row.ordinal, row.text, row.start, row.end, tuple(row.heading_path), prefix=row.prefix)


def two_workers_figure(pairs: Sequence[Pair]) -> Figure:
    """The same ratio for two workers with a thread each, against the bare embedder with both cores."""
    ratio = intervals.median([pair.ratio for pair in pairs])
    chunks = sum(pair.chunks for pair in pairs)
    detail = f"{ratio.detail()}; {chunks} chunks"
    return Figure("ingest_two_workers_ratio", round(ratio.value, 3), "ratio", "≥ 1.0", COMMAND, detail)


def figures(pairs: Sequence[Pair]) -> list[Figure]:
    """The ratio over all pairs, and both speeds beside it."""
    ratio = intervals.median([pair.ratio for pair in pairs])
    chunks, documents = sum(pair.chunks for pair in pairs), sum(pair.documents for pair in pairs)
    detail = f"{ratio.detail()}; {chunks} chunks of {documents} documents"
    return [
        Figure("ingest_ratio_to_encode", round(ratio.value, 3), "ratio", "≥ 0.85", COMMAND, detail),
        _speed("ingest_chunks_per_s", [pair.chunks / pair.pipeline_s for pair in pairs]),
        _speed("encode_chunks_per_s", [pair.chunks / pair.encode_s for pair in pairs]),
    ]


def _speed(name: str, values: Sequence[float]) -> Figure:
    middle = intervals.median(values)
    return Figure(name, round(middle.value, 1), "chunks/s", "", COMMAND, middle.detail(1))
