"""The pipeline a team writes in an afternoon, with the same weights on the same machine.

Its loader, embeddings and store do as `TextLoader`, `HuggingFaceEmbeddings` and `langchain_chroma.Chroma` do
(read a file as UTF-8; `SentenceTransformer.encode` in its own batches of 32, new lines as spaces; `upsert` of
ids, vectors, texts and metadata into a persistent collection); those packages are not among ours.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import chromadb
from chromadb.config import Settings as ClientSettings
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from sentence_transformers import SentenceTransformer

CHUNK_CHARACTERS, OVERLAP_CHARACTERS = 1000, 200
"""As in LangChain's own tutorial of retrieval."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was made findable, and in how many seconds; tokens are those that the embedder read."""

    files: int
    chunks: int
    tokens: int
    seconds: float


class LangChainPipeline:
    """One collection in `folder`, filled file by file or all at once."""

    def __init__(self, folder: Path, embedder: SentenceTransformer) -> None:
        settings = ClientSettings(anonymized_telemetry=False)
        self._store = chromadb.PersistentClient(str(folder), settings=settings).create_collection("handbook")
        self._embedder = embedder
        self._splitter = RecursiveCharacterTextSplitter(
            chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS
        )

    def add_at_once(self, files: Sequence[Path]) -> Added:
        began = time.perf_counter()
        parts = self._splitter.split_documents([_load(path) for path in files])
        self._add(parts)
        return self._added(len(files), parts, time.perf_counter() - began)

    def add_one_by_one(self, files: Sequence[Path]) -> Added:
        began = time.perf_counter()
        parts: list[Document] = []
        for path in files:
            own = self._splitter.split_documents([_load(path)])
            self._add(own)
            parts += own
        return self._added(len(files), parts, time.perf_counter() - began)

    def _add(self, parts: Sequence[Document]) -> None:
        if not parts:
            return
        texts = [part.page_content for part in parts]
        vectors = self._embedder.encode(
            [text.replace("\n", " ") for text in texts], show_progress_bar=False
        ).tolist()
        for start in range(0, len(texts), 5000):  # Chroma takes about so many at once
            part = slice(start, start + 5000)
            self._store.upsert(
                ids=[str(uuid4()) for _ in texts[part]],
                embeddings=vectors[part],
                documents=texts[part],
                metadatas=[each.metadata for each in parts[part]],
            )

    def _added(self, files: int, parts: Sequence[Document], seconds: float) -> Added:
        read = self._embedder.tokenizer(
            [part.page_content for part in parts], truncation=True, max_length=256
        )
        return Added(files, len(parts), sum(map(len, read["input_ids"])), seconds)


def _load(path: Path) -> Document:
    return Document(path.read_text(encoding="utf-8"), metadata={"source": str(path)})
