"""One ranking out of two: how the dense and the lexical hits are put together."""

from collections.abc import Sequence

Hits = Sequence[tuple[str, float]]
DENSE_WEIGHT = 0.4
RANK_OFFSET = 60


def fuse(dense: Hits, lexical: Hits, dense_weight: float = DENSE_WEIGHT) -> list[tuple[str, float]]:
    """Both rankings' scores, each brought to 0…1 by its own best and worst hit, weighted and added."""
    weighted = [(_to_unit(dense), dense_weight), (_to_unit(lexical), 1.0 - dense_weight)]
    return _added([[(name, score * weight) for name, score in hits] for hits, weight in weighted])


def fuse_by_rank(*rankings: Hits, offset: int = RANK_OFFSET) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: 1 / (offset + rank), added."""
    return _added(
        [
            [(name, 1.0 / (offset + rank)) for rank, (name, _score) in enumerate(hits, start=1)]
            for hits in rankings
        ]
    )


def _to_unit(hits: Hits) -> list[tuple[str, float]]:
    scores = [score for _name, score in hits]
    low, span = min(scores, default=0.0), max(scores, default=0.0) - min(scores, default=0.0)
    return [(name, (score - low) / span if span else 1.0) for name, score in hits]


def _added(rankings: Sequence[Hits]) -> list[tuple[str, float]]:
    total: dict[str, float] = {}
    for hits in rankings:
        for name, score in hits:
            total[name] = total.get(name, 0.0) + score
    return sorted(total.items(), key=lambda hit: (-hit[1], hit[0]))
