"""Measure the search on the public question sets: `python -m tests.quality.measure_retrieval DATA CACHE`.

Both sides are the product's own: the lexical index, and the embedder's vectors ranked exactly. Settings are
chosen by the column `chosen on` (squad2 and half of the handbook) and by no other.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.adapters.embedder import Embedder, bundled_folder
from services.adapters.lexical import LexicalIndex
from services.retrieval import fusion
from services.retrieval.search import CANDIDATES
from tests.quality.retrieval_sets import QuestionSet, embed, read_sets

Hits = list[tuple[str, float]]
Fuse = Callable[[Hits, Hits], Hits]
DEPTH = 10
CHOSEN_ON = ("squad2", "handbook-a")


@dataclass(frozen=True)
class Ranked:
    """One question's two rankings and what was judged right."""

    question: str
    dense: Hits
    lexical: Hits
    right: set[str]


def rank(question_set: QuestionSet, embedder: Embedder, cache: Path, folder: Path) -> list[Ranked]:
    chunk_vectors, question_vectors = embed(question_set, embedder, cache)
    index = LexicalIndex(folder / question_set.name)
    index.add(question_set.chunks)
    index.commit(1)
    names = [chunk.chunk_id for chunk in question_set.chunks]
    unit_of = dict(zip(names, question_set.units, strict=True))
    ranked = []
    for (key, text), vector in zip(question_set.questions.items(), question_vectors, strict=True):
        ranked.append(
            Ranked(
                text,
                _in_units(nearest(chunk_vectors, vector, names), unit_of),
                _in_units(index.search(text, CANDIDATES), unit_of),
                question_set.judgements[key],
            )
        )
    index.close()
    return ranked


def nearest(vectors: np.ndarray, question: np.ndarray, names: list[str]) -> Hits:
    similarities = vectors @ question
    best = np.argsort(-similarities)[:CANDIDATES]
    return [(names[place], float(similarities[place])) for place in best]


def _in_units(hits: Hits, unit_of: dict[str, str]) -> Hits:
    """Hits by what is judged: a file is as good as its best chunk."""
    best: dict[str, float] = {}
    for name, score in hits:
        best.setdefault(unit_of[name], score)
    return list(best.items())


def ndcg(hits: Hits, right: set[str]) -> float:
    gains = sum(1 / np.log2(rank + 2) for rank, (name, _) in enumerate(hits[:DEPTH]) if name in right)
    return float(gains / sum(1 / np.log2(rank + 2) for rank in range(min(DEPTH, len(right)))))


def scores(ranked: list[Ranked], fuse: Fuse) -> np.ndarray:
    return np.array([ndcg(fuse(one.dense, one.lexical), one.right) for one in ranked])


def candidates() -> Iterator[tuple[str, Fuse]]:
    yield "lexical alone", lambda _dense, lexical: lexical
    yield "dense alone", lambda dense, _lexical: dense
    for offset in (10, 60):
        yield (
            f"by rank, offset {offset}",
            lambda dense, lexical, o=offset: fusion.fuse_by_rank(dense, lexical, offset=o),
        )
    for weight in (0.2, 0.3, 0.35, 0.4, 0.5, 0.6):
        yield (
            f"by score, dense {weight}",
            lambda dense, lexical, w=weight: fusion.fuse(dense, lexical, w),
        )


def interval(differences: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of paired differences."""
    chosen = np.random.default_rng(0).integers(0, len(differences), (draws, len(differences)))
    low, high = np.percentile(differences[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    arguments = parser.parse_args()
    embedder = Embedder(bundled_folder(), "", threads=2)
    with tempfile.TemporaryDirectory() as folder:
        ranked = {
            one.name: rank(one, embedder, arguments.cache, Path(folder)) for one in read_sets(arguments.data)
        }
    report(ranked)


def report(ranked: dict[str, list[Ranked]]) -> None:
    print(f"nDCG@{DEPTH:<26}" + "".join(f"{name:>12}" for name in ranked) + f"{'chosen on':>12}")
    for label, fuse in candidates():
        means = {name: scores(questions, fuse).mean() for name, questions in ranked.items()}
        chosen = np.mean([means[name] for name in CHOSEN_ON])
        print(f"{label:<31}" + "".join(f"{mean:12.4f}" for mean in means.values()) + f"{chosen:12.4f}")
    for name, questions in ranked.items():
        gains = scores(questions, fusion.fuse) - scores(questions, lambda _dense, lexical: lexical)
        low, high = interval(gains)
        losses = int((gains < 0).sum())
        print(f"{name}: gain over lexical {gains.mean():+.4f} [{low:+.4f}, {high:+.4f}], {losses} losses")


if __name__ == "__main__":
    main()
