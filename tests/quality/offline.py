"""Documents to passages in one process: the product's parser, chunker, embedder, words and fusion, no stack.

For trying thresholds in seconds instead of hours; nothing measured here is a published figure. Vectors are
kept in `build/eval/offline` by the digest of their text, sentences' too.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np

from ingestion import chunking, parsing
from services import media_types, passages
from services.adapters.embedder import Embedder, bundled_folder
from services.adapters.lexical import Entry, LexicalIndex
from services.answers.grounding import Similarity
from services.passages import Passage
from services.retrieval import duplicates, fusion, hydration
from services.retrieval.search import CANDIDATES
from services.settings import Ingestion

CACHE = Path(__file__).parents[2] / "build" / "eval" / "offline"


@dataclass(frozen=True, slots=True)
class Looked:
    """Passages, best first, and the best cosine of question and chunk among them."""

    passages: tuple[Passage, ...]
    nearest: float


class Vectors:
    """Texts to vectors, each text embedded once and for all."""

    def __init__(self, folder: Path = CACHE, threads: int = 1) -> None:
        self._embedder = Embedder(bundled_folder(), "", threads=threads)
        self._file = folder / "vectors.npz"
        folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, np.ndarray] = dict(np.load(self._file)) if self._file.exists() else {}
        self._grown = 0
        self.max_tokens = self._embedder.max_tokens
        self.count_tokens = self._embedder.count_tokens

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """One row per text."""
        keys = [sha256(text.encode()).hexdigest()[:32] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            found = self._embedder.embed(list(missing.values()))
            self._known |= dict(zip(missing, found, strict=True))
            self._grown += len(missing)
        return np.stack([self._known[key] for key in keys])

    def similarity(self) -> Similarity:
        """Cosine of a text with each of the others, as an answer asks for it."""

        def cosines(text: str, others: Sequence[str]) -> list[float]:
            vectors = self.of([text, *others])
            return [float(cosine) for cosine in vectors[1:] @ vectors[0]]

        return cosines

    def keep(self) -> None:
        """Write down what was embedded since, beside what others have written meanwhile."""
        if self._grown:
            beside = dict(np.load(self._file)) if self._file.exists() else {}
            part = self._file.with_name(f"part-{uuid4().hex}.npz")
            np.savez(part, **(beside | self._known))  # type: ignore[arg-type]
            part.replace(self._file)
            self._grown = 0


class OfflineLibrary:
    """Files read as an upload would be, and searched as a question would be, by one who may read all."""

    def __init__(self, files: Sequence[Path], vectors: Vectors) -> None:
        self._vectors = vectors
        self._passages = {one.chunk_id: one for file in files for one in _read(file, vectors)}
        self._ids = list(self._passages)
        self._places = {name: place for place, name in enumerate(self._ids)}
        texts = [_embedded_text(one) for one in self._passages.values()]
        self._matrix = vectors.of(texts)
        self._folder = tempfile.TemporaryDirectory()
        self._words = LexicalIndex(Path(self._folder.name) / "words")
        self._words.add(_entry(one) for one in self._passages.values())
        self._words.commit(1)

    def find(self, question: str, limit: int = 6) -> Looked:
        """As `services.retrieval.search`, without permissions."""
        similarities = self._matrix @ self._vectors.of([question])[0]
        proposed = [self._ids[place] for place in np.argsort(-similarities)[:CANDIDATES]]
        proposed += [name for name, _ in self._words.search(question, CANDIDATES) if name not in proposed]
        near = {name: float(similarities[self._places[name]]) for name in proposed}
        fused = fusion.fuse(near, self._words.scores(question, proposed))
        document_of = {name: self._passages[name].document_id for name in proposed}
        ranked = fusion.with_support(fused, document_of)
        found = duplicates.drop_duplicates(self._passages[name] for name, _ in ranked)[:limit]
        return Looked(tuple(found), max((near.get(one.chunk_id, 0.0) for one in found), default=0.0))


def _read(file: Path, vectors: Vectors) -> list[Passage]:
    with file.open("rb") as opened:
        kind = media_types.detect_media_type(file.name, opened.read(media_types.HEAD_BYTES))
    parsed = parsing.parse_file(file, kind, parsing.limits_of(Ingestion(parse_wall_s=600, parse_cpu_s=600)))
    stored, chunks = chunking.chunk_document(parsed, vectors.count_tokens, vectors.max_tokens)
    return [
        Passage(
            passages.chunk_id(file.name, chunk.ordinal, chunk.text),
            file.name,
            file.name,
            "offline",
            file.name,
            chunk.text,
            chunk.start,
            chunk.end,
            0.0,
            chunk.heading_path,
            chunk.first_page,
            chunk.last_page,
            chunk.kind,
            page_starts=hydration.page_starts([list(span) for span in stored.pages], chunk.start, chunk.end),
            prefix=chunk.prefix,
        )
        for chunk in chunks
    ]


def _embedded_text(passage: Passage) -> str:
    above = " > ".join(passages.headings_above(passage.heading_path, passage.text))
    return "\n".join(part for part in (above, passage.prefix, passage.text) if part)


def _entry(passage: Passage) -> Entry:
    heading = " > ".join(passage.heading_path)
    return Entry(
        passage.chunk_id, passage.version_id, passage.document_id, 1, passage.document_name, heading,
        passage.text,
    )  # fmt: skip


def rows(path: Path) -> list[dict]:
    """Lines of JSON."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
