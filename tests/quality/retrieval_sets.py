"""The public question sets as chunks, questions and judgements, in one shape."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.adapters.embedder import Embedder
from services.adapters.lexical import Entry

CHUNK_WORDS = 180


@dataclass(frozen=True)
class QuestionSet:
    """`units` names, for each chunk, what the judgements judge: the chunk itself or its file."""

    name: str
    chunks: list[Entry]
    units: list[str]
    questions: dict[str, str]
    judgements: dict[str, set[str]]

    def texts(self) -> list[str]:
        """What the embedder reads of each chunk."""
        return [f"{chunk.heading}\n{chunk.body}" if chunk.heading else chunk.body for chunk in self.chunks]

    def unit_of(self) -> dict[str, str]:
        """What is judged, by chunk."""
        return {chunk.chunk_id: unit for chunk, unit in zip(self.chunks, self.units, strict=True)}

    def document_of(self) -> dict[str, str]:
        """The document that a chunk is from."""
        return {chunk.chunk_id: chunk.document_id for chunk in self.chunks}


def read_sets(data: Path) -> list[QuestionSet]:
    handbook = _handbook(data / "handbook")
    return [
        _beir(data / "retrieval" / "squad2"),
        _half(handbook, "handbook-a", lambda number: number % 2 == 0),
        _half(handbook, "handbook-b", lambda number: number % 2 == 1),
        _beir(data / "retrieval" / "scifact"),
    ]


def embed(question_set: QuestionSet, embedder: Embedder, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of chunks and questions, kept in `cache` by the digest of their texts."""
    questions = list(question_set.questions.values())
    return _cached(question_set.texts(), embedder, cache), _cached(questions, embedder, cache)


def _cached(texts: list[str], embedder: Embedder, cache: Path) -> np.ndarray:
    path = cache / (hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:32] + ".npy")
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, embedder.embed(texts))
    return np.load(path)


def _beir(folder: Path) -> QuestionSet:
    rows = _jsonl(folder / "corpus.jsonl")
    # squad2's paragraphs are named after their article: `Normans#3`.
    chunks = [
        _entry(row["_id"], row["_id"].partition("#")[0], row["title"], row["title"], row["text"])
        for row in rows
    ]
    judgements = _judgements(folder / "qrels.tsv")
    questions = {
        row["_id"]: row["text"] for row in _jsonl(folder / "queries.jsonl") if row["_id"] in judgements
    }
    return QuestionSet(folder.name, chunks, [row["_id"] for row in rows], questions, judgements)


def _handbook(folder: Path) -> QuestionSet:
    chunks, units = [], []
    for path in sorted((folder / "sourcegraph").rglob("*.md")):
        unit = str(path.relative_to(folder))
        for number, body in enumerate(_cut(path.read_text(errors="replace"))):
            title = path.stem if path.stem != "index" else path.parent.name
            chunks.append(_entry(f"{unit}#{number}", unit, unit, title, body))
            units.append(unit)
    questions = {row["id"]: row["question"] for row in _jsonl(folder / "questions.jsonl")}
    return QuestionSet("handbook", chunks, units, questions, _judgements(folder / "qrels.tsv"))


def _cut(text: str) -> list[str]:
    # A heading that is a question would hand the answer's place to the question that was made from it.
    kept = re.sub(r"^#+ .*\?\s*$", "", text, flags=re.MULTILINE)
    words = re.sub(r"\]\([^)]*\)", "]", kept).split()
    return [" ".join(words[start : start + CHUNK_WORDS]) for start in range(0, len(words), CHUNK_WORDS)]


def _half(whole: QuestionSet, name: str, chosen: Callable[[int], bool]) -> QuestionSet:
    questions = {key: text for number, (key, text) in enumerate(whole.questions.items()) if chosen(number)}
    return QuestionSet(name, whole.chunks, whole.units, questions, whole.judgements)


def _entry(chunk_id: str, document_id: str, title: str, heading: str, body: str) -> Entry:
    return Entry(chunk_id, "version", document_id, 1, title, heading, body)


def _judgements(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in path.read_text().splitlines()[1:]:
        question, unit, score = line.split("\t")
        if int(score) > 0:
            found.setdefault(question, set()).add(unit)
    return found


def _jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
