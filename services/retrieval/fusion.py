"""One ranking out of two: how well chunks fit by meaning and by their words, put together.

Both sides judge every chunk that either of them proposed, so that no chunk is worse off for having been
found by one side only. Each side's scores are divided by its best, which keeps the distances between them.
The figures are in the README and made by `make eval-retrieval` (tests/quality/measure_retrieval.py).
"""

from collections.abc import Iterable, Mapping, Sequence

Hits = Sequence[tuple[str, float]]
Scores = Mapping[str, float] | Iterable[tuple[str, float]]
# Chosen on squad2 and one half of a handbook only, like the lexical index's boosts.
DENSE_WEIGHT = 0.35
SUPPORT = 0.1
RANK_OFFSET = 60


def fuse(dense: Scores, lexical: Scores, dense_weight: float = DENSE_WEIGHT) -> list[tuple[str, float]]:
    """Both sides' scores, each as a share of its own best one, weighted and added; best first."""
    weighted = [(_to_unit(dict(dense)), dense_weight), (_to_unit(dict(lexical)), 1.0 - dense_weight)]
    return _added([[(name, score * weight) for name, score in side.items()] for side, weight in weighted])


def with_support(
    ranked: Hits, document_of: Mapping[str, str], support: float = SUPPORT
) -> list[tuple[str, float]]:
    """The ranking, where a chunk gains a share of the best other chunk of its document.

    A document of which several chunks fit is more likely what was asked for than one that says it in passing.
    """
    firsts: dict[str, list[tuple[str, float]]] = {}
    for name, score in ranked:  # best first, so that two of each document are enough
        firsts.setdefault(document_of[name], []).append((name, score))

    def gain(name: str) -> float:
        best = firsts[document_of[name]][:2]
        return max((score for other, score in best if other != name), default=0.0)

    return _added([[(name, score + support * gain(name)) for name, score in ranked]])


def fuse_by_rank(*rankings: Hits, offset: int = RANK_OFFSET) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: 1 / (offset + rank), added."""
    return _added(
        [
            [(name, 1.0 / (offset + rank)) for rank, (name, _score) in enumerate(hits, start=1)]
            for hits in rankings
        ]
    )


def _to_unit(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values(), default=0.0)
    return {name: max(score, 0.0) / best if best > 0 else 0.0 for name, score in scores.items()}


def _added(rankings: Sequence[Hits]) -> list[tuple[str, float]]:
    total: dict[str, float] = {}
    for hits in rankings:
        for name, score in hits:
            total[name] = total.get(name, 0.0) + score
    return sorted(total.items(), key=lambda hit: (-hit[1], hit[0]))
