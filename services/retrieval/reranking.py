"""The best passages put in a second order by the release's reranker, which reads them beside the question."""

from collections.abc import Sequence
from dataclasses import replace

from services.adapters.reranker import Reranker
from services.passages import Passage, text_with_headings
from services.retrieval import duplicates


def rerank(question: str, ranked: Sequence[Passage], reranker: Reranker, limit: int) -> list[Passage]:
    """The first of `ranked` by what the reranker says of them, with its scores; behind them the others.

    Repetitions are put behind first, so that no time goes into reading one text twice. What was not read
    keeps its order and scores nothing.
    """
    several = duplicates.drop_duplicates(ranked, max(reranker.candidates, limit))
    chosen = {passage.chunk_id for passage in several}
    scores = reranker.scores(question, [_whole(passage) for passage in several])
    read = [replace(passage, score=score) for passage, score in zip(several, scores, strict=True)]
    rest = [replace(passage, score=0.0) for passage in ranked if passage.chunk_id not in chosen]
    return sorted(read, key=lambda passage: (-passage.score, passage.chunk_id)) + rest


def _whole(passage: Passage) -> str:
    return text_with_headings(passage.heading_path, passage.prefix, passage.text)
