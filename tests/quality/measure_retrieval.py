"""Measure the search on the public question sets: `python -m tests.quality.measure_retrieval DATA CACHE`.

Words are ranked by the product's own lexical index, vectors exactly, and both are put together by the
product's own fusion; no reranker. Settings are chosen by the column `chosen on` (squad2 and half of the
handbook) and by no other. The yardstick is a plain BM25 on the same chunks.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.adapters.embedder import Embedder, bundled_folder
from services.adapters.lexical import LexicalIndex
from services.retrieval import fusion
from services.retrieval.search import CANDIDATES
from tests.quality import retrieval_report
from tests.quality.plain_bm25 import PlainBM25
from tests.quality.retrieval_sets import QuestionSet, embed, read_sets

Hits = list[tuple[str, float]]
DEPTH = 10
CHOSEN_ON = ("squad2", "handbook-a")


@dataclass(frozen=True)
class Question:
    """One question: what each side says of every chunk that either proposed, and what was judged right."""

    text: str
    dense: dict[str, float]
    lexical: dict[str, float]
    plain: Hits
    right: set[str]


@dataclass(frozen=True)
class Measured:
    """One set with its questions as both sides see them."""

    question_set: QuestionSet
    questions: list[Question]

    def ndcg(self, rank: "Rank") -> np.ndarray:
        """One nDCG@10 per question."""
        units = self.question_set.unit_of()
        return np.array([ndcg(_in_units(rank(self, one), units), one.right) for one in self.questions])


Rank = Callable[[Measured, Question], Hits]


def measure(question_set: QuestionSet, embedder: Embedder, cache: Path, folder: Path) -> Measured:
    chunk_vectors, question_vectors = embed(question_set, embedder, cache)
    index = LexicalIndex(folder / question_set.name)
    index.add(question_set.chunks)
    index.commit(1)
    plain = PlainBM25(question_set.chunks)
    place = {chunk.chunk_id: number for number, chunk in enumerate(question_set.chunks)}
    names = list(place)
    questions = []
    for (key, text), vector in zip(question_set.questions.items(), question_vectors, strict=True):
        similarities = chunk_vectors @ vector
        near = [names[number] for number in np.argsort(-similarities)[:CANDIDATES]]
        proposed = dict.fromkeys([*near, *dict(index.search(text, CANDIDATES))])
        dense = {name: float(similarities[place[name]]) for name in proposed}
        lexical = index.scores(text, list(proposed))
        right = question_set.judgements[key]
        questions.append(Question(text, dense, lexical, plain.search(text, 2 * CANDIDATES), right))
    index.close()
    return Measured(question_set, questions)


def _in_units(hits: Hits, unit_of: dict[str, str]) -> Hits:
    """Hits by what is judged: a file is as good as its best chunk."""
    best: dict[str, float] = {}
    for name, score in hits:
        best.setdefault(unit_of[name], score)
    return list(best.items())


def ndcg(hits: Hits, right: set[str]) -> float:
    gains = sum(1 / np.log2(rank + 2) for rank, (name, _) in enumerate(hits[:DEPTH]) if name in right)
    return float(gains / sum(1 / np.log2(rank + 2) for rank in range(min(DEPTH, len(right)))))


def by_plain(_measured: Measured, one: Question) -> Hits:
    return one.plain


def by_words(_measured: Measured, one: Question) -> Hits:
    return _sorted(one.lexical)


def by_vectors(_measured: Measured, one: Question) -> Hits:
    return _sorted(one.dense)


def by_rank(_measured: Measured, one: Question) -> Hits:
    return fusion.fuse_by_rank(_sorted(one.dense), _sorted(one.lexical))


def by_both(
    measured: Measured,
    one: Question,
    weight: float = fusion.DENSE_WEIGHT,
    support: float = fusion.SUPPORT,
) -> Hits:
    """What the product does."""
    ranked = fusion.fuse(one.dense, one.lexical, weight)
    return fusion.with_support(ranked, measured.question_set.document_of(), support)


def _sorted(scores: dict[str, float]) -> Hits:
    return sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))


def candidates() -> Iterator[tuple[str, Rank]]:
    yield "plain BM25", by_plain
    yield "words alone", by_words
    yield "vectors alone", by_vectors
    yield "by rank (60)", by_rank
    for weight in (0.25, 0.3, 0.35, 0.4, 0.5):
        yield (
            f"by score, vectors {weight}, no support",
            lambda measured, one, w=weight: by_both(measured, one, w, 0.0),
        )
    for support in (0.05, 0.1, 0.2):
        yield (
            f"by score, vectors {fusion.DENSE_WEIGHT}, support {support}",
            lambda measured, one, s=support: by_both(measured, one, support=s),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--losses", type=Path, help="write every question that lost against BM25 here")
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args(arguments)
    embedder = Embedder(bundled_folder(), "", threads=wanted.threads)
    with tempfile.TemporaryDirectory() as folder:
        measured = {
            one.name: measure(one, embedder, wanted.cache, Path(folder)) for one in read_sets(wanted.data)
        }
    table = {label: {name: one.ndcg(rank) for name, one in measured.items()} for label, rank in candidates()}
    ours = {name: one.ndcg(by_both) for name, one in measured.items()}
    retrieval_report.print_table(table, CHOSEN_ON)
    retrieval_report.print_gains(ours, table, measured)
    retrieval_report.write_figures(ours, table)
    if wanted.losses:
        retrieval_report.write_losses(wanted.losses, ours, table["plain BM25"], measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
