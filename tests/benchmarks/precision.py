"""What half precision in the embedder gives and costs: speed in pairs, nDCG question by question."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion import chunking, parsing
from services.adapters.embedder import Embedder, bundled_folder
from services.media_types import MARKDOWN
from services.settings import Ingestion
from tests.benchmarks import intervals
from tests.quality.figures import Figure
from tests.quality.measure_retrieval import DEPTH, ndcg
from tests.quality.retrieval_sets import QuestionSet, embed, read_sets

COMMAND = "make bench"
FULL, HALF = "float32", "bfloat16"
SETS = ("scifact", "squad2")
NAMES = ("int8_speedup", "int8_ndcg_change", "embed_full_chunks_per_s", "embed_half_chunks_per_s")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same chunks embedded in both precisions, one right after the other."""

    chunks: int
    full_s: float
    half_s: float


def open_embedders(threads: int) -> tuple[Embedder, Embedder]:
    """In full and in half precision, both loaded and warm."""
    full, half = (Embedder(bundled_folder(), "", threads, precision=name) for name in (FULL, HALF))
    for each in (full, half):
        each.embed(["To warm up."] * 8)
    return full, half


def chunk_texts(data: Path, wanted: int) -> list[str]:
    """What the product's embedder would read of every n-th file of the handbook."""
    files = sorted((data / "handbook" / "sourcegraph").rglob("*.md"))
    count_tokens = Embedder(bundled_folder(), "", threads=1).count_tokens
    step = max(1, len(files) * 10 // wanted)  # about ten chunks a file
    read = parsing.parse_many([(path, MARKDOWN) for path in files[::step]], parsing.limits_of(Ingestion()))
    documents = [found for found in read if not isinstance(found, Exception)]
    parts = (chunking.chunk_document(found, count_tokens, Embedder.max_tokens)[1] for found in documents)
    return [chunk.embedded_text for chunks in parts for chunk in chunks]


def measure_speed(full: Embedder, half: Embedder, texts: Sequence[str], pairs: int) -> list[Pair]:
    """The order within pairs alternates; texts are dealt out, so that every pair has a like mixture."""
    measured = []
    for number in range(pairs):
        part = list(texts[number::pairs])
        order = (full, half) if number % 2 == 0 else (half, full)
        seconds = {id(each): _seconds(each, part) for each in order}
        measured.append(Pair(len(part), seconds[id(full)], seconds[id(half)]))
    return measured


def _seconds(embedder: Embedder, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    embedder.embed(texts)
    return time.perf_counter() - began


def measure_loss(full: Embedder, half: Embedder, data: Path, cache: Path) -> dict[str, np.ndarray]:
    """By set: the change of each question's nDCG@10 from full to half precision, vectors alone."""
    return {
        each.name: _ndcgs(each, half, cache / HALF) - _ndcgs(each, full, cache / FULL)
        for each in read_sets(data)
        if each.name in SETS
    }


def _ndcgs(question_set: QuestionSet, embedder: Embedder, cache: Path) -> np.ndarray:
    chunks, questions = embed(question_set, embedder, cache)
    found = []
    for key, vector in zip(question_set.questions, questions, strict=True):
        similarities = chunks @ vector
        nearest = np.argsort(-similarities, kind="stable")[:DEPTH]
        hits = [(question_set.units[place], float(similarities[place])) for place in nearest]
        found.append(ndcg(hits, question_set.judgements[key]))
    return np.array(found)


def figures_of(pairs: Sequence[Pair], changes: dict[str, np.ndarray]) -> list[Figure]:
    """The speed-up, and the set that loses most, each with its interval."""
    speedup = intervals.median([pair.full_s / pair.half_s for pair in pairs])
    detail = f"{HALF} over {FULL}, {speedup.detail()}; {sum(pair.chunks for pair in pairs)} chunks"
    return [
        Figure("int8_speedup", round(speedup.value, 3), "ratio", "≥ 1.7", COMMAND, detail),
        *_speeds(pairs),
        *([_loss(changes)] if changes else []),
    ]


def _speeds(pairs: Sequence[Pair]) -> list[Figure]:
    full = intervals.median([pair.chunks / pair.full_s for pair in pairs])
    half = intervals.median([pair.chunks / pair.half_s for pair in pairs])
    return [
        Figure(name, round(each.value, 1), "chunks/s", "", COMMAND, each.detail(1))
        for name, each in zip(NAMES[2:], (full, half), strict=True)
    ]


def _loss(changes: dict[str, np.ndarray]) -> Figure:
    means = {name: intervals.mean(list(change)) for name, change in changes.items()}
    told = "; ".join(
        f"{name} {mean.value:+.4f} (95 % {mean.low:+.4f} to {mean.high:+.4f}, {mean.count} questions)"
        for name, mean in means.items()
    )
    worst = min(mean.value for mean in means.values())
    return Figure("int8_ndcg_change", round(worst, 4), "nDCG@10", "≥ -0.005", COMMAND, f"{HALF}: {told}")
