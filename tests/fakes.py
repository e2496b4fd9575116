"""Honest twins of the outside parts: in memory, deterministic, held to the same contract suites."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from services import errors


class FakeEmbedder:
    """Embeds by hashing words, so that texts that share words are near one another."""

    max_tokens = 256
    dimensions = 384

    def __init__(self) -> None:
        self.folder = Path("fake-embedder")
        self.digest = hashlib.sha256(b"fake embedder").hexdigest()

    def model_files(self) -> list[Path]:
        return []

    def embed(
        self, texts: Sequence[str], on_done: Callable[[Sequence[int]], None] | None = None
    ) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in self._words(text) or [""]:
                vectors[row, self._place(word)] += 1.0
            if on_done is not None:
                on_done([row])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if len(texts) else vectors

    def embed_question(self, text: str) -> np.ndarray:
        return self.embed([text])[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self._words(text)) + 2 for text in texts]

    @staticmethod
    def _words(text: str) -> list[str]:
        return re.findall(r"\w+", text.lower())

    def _place(self, word: str) -> int:
        return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimensions


class FakeChunkIndex:
    """Vectors in a dictionary; `is_down` makes every call fail as a dead server does."""

    def __init__(self, dimensions: int = 384) -> None:
        self.rows: dict[str, tuple[np.ndarray, int]] = {}
        self.is_down = False
        self._dimensions = dimensions

    def upsert(self, ids: Sequence[str], vectors: np.ndarray, scope: int) -> None:
        self.heartbeat()
        if vectors.shape != (len(ids), self._dimensions):
            raise errors.HoldfastError("The vectors do not fit")
        self.rows |= {chunk_id: (vector, scope) for chunk_id, vector in zip(ids, vectors, strict=True)}

    def search(
        self, vector: np.ndarray, k: int, scopes: Collection[int] | None = None
    ) -> list[tuple[str, float]]:
        self.heartbeat()
        hits = [
            (chunk_id, float(stored @ vector / (np.linalg.norm(stored) * np.linalg.norm(vector))))
            for chunk_id, (stored, scope) in self.rows.items()
            if scopes is None or scope in scopes
        ]
        return sorted(hits, key=lambda hit: -hit[1])[:k]

    def similarities(self, vector: np.ndarray, ids: Sequence[str]) -> dict[str, float]:
        found = dict(self.search(vector, len(self.rows)))
        return {chunk_id: found[chunk_id] for chunk_id in ids if chunk_id in found}

    def existing(self, ids: Sequence[str]) -> set[str]:
        self.heartbeat()
        return set(ids) & self.rows.keys()

    def delete(self, ids: Sequence[str]) -> None:
        self.heartbeat()
        for chunk_id in ids:
            self.rows.pop(chunk_id, None)

    def set_scope(self, ids: Sequence[str], scope: int) -> None:
        self.heartbeat()
        self.rows |= {chunk_id: (self.rows[chunk_id][0], scope) for chunk_id in ids if chunk_id in self.rows}

    def entries(self, page: int = 1000) -> Iterator[tuple[str, int]]:
        self.heartbeat()
        return ((chunk_id, scope) for chunk_id, (_vector, scope) in list(self.rows.items()))

    def all_ids(self, page: int = 1000) -> Iterator[str]:
        return (chunk_id for chunk_id, _scope in self.entries(page))

    def clear(self) -> None:
        self.heartbeat()
        self.rows.clear()

    def drop_generation(self, generation: str) -> None:
        self.heartbeat()

    def count(self) -> int:
        self.heartbeat()
        return len(self.rows)

    def heartbeat(self) -> None:
        if self.is_down:
            raise errors.IndexUnavailable

    def close(self) -> None:
        """Nothing is held."""


class FakeReranker:
    """A text answers as well as it holds the question's words."""

    def __init__(self, candidates: int = 24) -> None:
        self.candidates = candidates

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = set(re.findall(r"\w+", question.lower()))
        return [len(asked & set(re.findall(r"\w+", text.lower()))) / (len(asked) or 1) for text in texts]
