"""A library of any size out of truly embedded chunks, in every index: copies with a stated jitter.

A copy's vector is the original's plus Gaussian noise of length NOISE, made unit again (cosine to the original
about 1 / sqrt(1 + NOISE²) = 0.96); its text lacks every tenth word, drawn at random, and has a number of its
own. The originals are in it too, unchanged.
"""

import hashlib
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from services import passages
from services.adapters.embedder import Embedder, bundled_folder
from services.adapters.lexical import Entry
from services.adapters.vector_segment import VersionVectors
from services.database import changes
from services.database.session import now
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.documents.scopes import intern_scope
from tests.library_of_texts import Library
from tests.quality.retrieval_sets import read_sets

Vectors = NDArray[np.float32]
NOISE = 0.3
WORDS_A_CHUNK = 90
CHUNKS_A_DOCUMENT = 20
SHARES = {"one in a thousand": 0.001, "one in a hundred": 0.01, "one in ten": 0.1, "all": 1.0}


@dataclass(frozen=True)
class Originals:
    """What was truly embedded, and real questions."""

    texts: list[str]
    vectors: Vectors
    questions: list[str]
    question_vectors: Vectors


@dataclass
class Built:
    """How long each part took to build, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, part: str, began: float) -> None:
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began


def read_originals(data: Path, cache: Path, count: int, questions: int, threads: int) -> Originals:
    """Pieces of the public sets in an order drawn by a fixed seed; embeddings are kept in `cache`."""
    sets = read_sets(data)
    pieces = list(
        dict.fromkeys(piece for one in sets for chunk in one.chunks for piece in _pieces(chunk.body))
    )
    asked = list(dict.fromkeys(text for one in sets for text in one.questions.values()))
    chance = random.Random(0)  # noqa: S311  (a sample, not a secret)
    chance.shuffle(pieces)
    chance.shuffle(asked)
    embedder = Embedder(bundled_folder(), "", threads=threads)
    texts, wanted = pieces[:count], asked[:questions]
    return Originals(texts, _embedded(texts, embedder, cache), wanted, _embedded(wanted, embedder, cache))


def build(library: Library, originals: Originals, chunks: int) -> Built:
    """Fill SQL, the vector file, the lexical index and Chroma with `chunks` chunks."""
    built = Built()
    scopes = _scopes(library)
    documents = list(_documents(originals, chunks, scopes))
    began = time.perf_counter()
    _fill_sql(library, documents)
    built.note("SQL", began)
    resources = library.resources
    began = time.perf_counter()
    resources.vectors.write((one.vectors for one in sorted(documents, key=lambda one: one.scope)), 1)
    built.note("vector file", began)
    began = time.perf_counter()
    resources.lexical.add(entry for one in documents for entry in one.entries())
    resources.lexical.commit(1)
    built.note("lexical index", began)
    began = time.perf_counter()
    for one in documents:
        resources.chunk_index.upsert(one.vectors.ids, one.vectors.vectors, one.scope)
    built.note("Chroma", began)
    return built


@dataclass(frozen=True)
class Made:
    """One document of the library."""

    document_id: str
    version_id: str
    collection_id: str
    scope: int
    texts: list[str]
    vectors: VersionVectors

    def entries(self) -> Iterator[Entry]:
        for chunk_id, text in zip(self.vectors.ids, self.texts, strict=True):
            yield Entry(
                chunk_id, self.version_id, self.document_id, self.scope, self.document_id, "", text, "en"
            )


def _scopes(library: Library) -> list[tuple[float, str, int]]:
    """One collection for each share; a reader of a share also reads the smaller ones."""
    found, names = [], list(SHARES)
    for number, (name, share) in enumerate(SHARES.items()):
        collection = library.collection(name, *names[number:])
        with library.resources.transactions.write() as session:
            found.append((share, collection, intern_scope(session, collection, None).id))
    return found


def _documents(originals: Originals, chunks: int, scopes: list[tuple[float, str, int]]) -> Iterator[Made]:
    drawn = np.random.default_rng(1)
    sizes = [min(CHUNKS_A_DOCUMENT, chunks - start) for start in range(0, chunks, CHUNKS_A_DOCUMENT)]
    places = np.arange(len(sizes)) / len(sizes)
    drawn.shuffle(places)
    first = 0
    for size, place in zip(sizes, places, strict=True):
        _share, collection, scope = next(row for row in scopes if place < row[0])
        yield _document(originals, first, size, (collection, scope), drawn)
        first += size


def _document(
    originals: Originals, first: int, size: int, where: tuple[str, int], drawn: np.random.Generator
) -> Made:
    collection, scope = where
    rows = [(first + number) % len(originals.texts) for number in range(size)]
    texts = [originals.texts[row] for row in rows]
    vectors = originals.vectors[rows]
    if first >= len(originals.texts):
        texts = [_reworded(text, first + number, drawn) for number, text in enumerate(texts)]
        noise = drawn.normal(size=vectors.shape).astype(np.float32)
        vectors = vectors + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    document_id = hashlib.sha256(f"document {first}".encode()).hexdigest()[:32]
    version_id = hashlib.sha256(f"version {first}".encode()).hexdigest()[:32]
    ids = [passages.chunk_id(version_id, ordinal, text) for ordinal, text in enumerate(texts)]
    return Made(
        document_id, version_id, collection, scope, texts, VersionVectors(version_id, scope, ids, vectors)
    )


def _reworded(text: str, number: int, drawn: np.random.Generator) -> str:
    words = text.split()
    kept = [word for word, chance in zip(words, drawn.random(len(words)), strict=True) if chance >= 0.1]
    return f"{' '.join(kept)} {number}"


def _fill_sql(library: Library, documents: list[Made]) -> None:
    with library.resources.transactions.write() as session:
        for start in range(0, len(documents), 1000):
            part = documents[start : start + 1000]
            session.execute(insert(Document), [_document_row(one) for one in part])
            session.execute(insert(Version), [_version_row(one) for one in part])
            session.execute(insert(ChunkRow), [row for one in part for row in _chunk_rows(one)])
        changes.append(session, documents[0].version_id, "publish")


def _document_row(made: Made) -> dict[str, object]:
    return {
        "id": made.document_id,
        "collection_id": made.collection_id,
        "scope_id": made.scope,
        "name": made.document_id,
        "created_at": now(),
    }


def _version_row(made: Made) -> dict[str, object]:
    return {
        "id": made.version_id,
        "document_id": made.document_id,
        "number": 1,
        "state": VISIBLE,
        "file_digest": "f" * 64,
        "file_bytes": 0,
        "media_type": "text/plain",
        "published_at": now(),
    }


def _chunk_rows(made: Made) -> Iterator[dict[str, object]]:
    start = 0
    for ordinal, (chunk_id, text) in enumerate(zip(made.vectors.ids, made.texts, strict=True)):
        yield {
            "id": chunk_id,
            "version_id": made.version_id,
            "ordinal": ordinal,
            "text": text,
            "start": start,
            "end": start + len(text),
            "heading_path": [],
        }
        start += len(text) + 2


def _pieces(text: str) -> Iterator[str]:
    words = re.sub(r"\s+", " ", text).split()
    for start in range(0, len(words), WORDS_A_CHUNK):
        piece = words[start : start + WORDS_A_CHUNK]
        if len(piece) >= WORDS_A_CHUNK // 3:
            yield " ".join(piece)


def _embedded(texts: list[str], embedder: Embedder, cache: Path) -> Vectors:
    path = cache / (hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:32] + ".npy")
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, embedder.embed(texts))
    return np.load(path)
