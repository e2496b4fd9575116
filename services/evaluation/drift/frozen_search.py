"""Search as the product searches, in the frozen collection: its vectors, and a lexical index of its own."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.adapters.lexical import Entry, LexicalIndex
from services.evaluation.drift.canaries import FOUND, CanaryPassage, Vectors
from services.passages import Passage
from services.resources import Resources
from services.retrieval import duplicates, fusion, reranking


@dataclass(frozen=True, slots=True)
class FrozenCollection:
    """The passages with their frozen vectors, and their words indexed by this build."""

    passages: Sequence[CanaryPassage]
    vectors: Vectors
    lexical: LexicalIndex
    resources: Resources

    def find(self, question: str) -> tuple[Passage, ...]:
        """The best passages by both sides, fused as for any question."""
        ids = [one.id for one in self.passages]
        cosines = self.vectors @ self.resources.embedder.embed_question(question)
        near = dict(zip(ids, map(float, cosines), strict=True))
        fused = dict.fromkeys(ids, 0.0) | dict(fusion.fuse(near, self.lexical.scores(question, ids)))
        documents = {one.id: one.document for one in self.passages}
        best = fusion.with_support(sorted(fused.items(), key=lambda hit: (-hit[1], hit[0])), documents)
        by_id = {one.id: one.as_passage() for one in self.passages}
        ranked = [replace(by_id[name], score=score) for name, score in best]
        if self.resources.reranker is not None:
            ranked = reranking.rerank(question, ranked, self.resources.reranker, FOUND)
        return tuple(duplicates.drop_duplicates(ranked, FOUND))


@contextmanager
def frozen_collection(
    passages: Sequence[CanaryPassage], vectors: Vectors, resources: Resources
) -> Iterator[FrozenCollection]:
    """Open while the block runs; nothing of it reaches the library's own indexes."""
    with tempfile.TemporaryDirectory(prefix="holdfast-canaries-") as folder:
        lexical = LexicalIndex(Path(folder))
        lexical.replace([_entry(one) for one in passages], position=1)
        try:
            yield FrozenCollection(passages, vectors, lexical, resources)
        finally:
            lexical.close()


def _entry(one: CanaryPassage) -> Entry:
    return Entry(
        chunk_id=one.id,
        version_id=one.document,
        document_id=one.document,
        scope=0,
        title=one.document,
        heading=" > ".join(one.headings),
        body=one.text,
        language="",
    )
