"""Two index generations on one set of questions: which finds the right document sooner, by meaning alone."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.generations import GenerationVersion, IndexGeneration
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.resources import Resources

Figures = NDArray[np.float64]
DEPTH = 10
NEIGHBOURS = 100
DRAWS = 2000


def compare(live: Resources, other: Resources, questions: Path) -> dict[str, Any]:
    """Mean nDCG@10 and hits@10 of both, with the gain's 95 % interval; kept with the other generation.

    errors.InvalidRequest where a row has no question, or names a document that is not in the library.
    """
    with live.transactions.read() as session:
        documents = _documents(session)
        asked = _asked(questions, documents)
        sides = {
            "live": (live, _live_chunks(session)),
            "other": (other, _held_chunks(session, other)),
        }
    scores = {
        name: np.array([_ndcg(resources, chunks, question, right) for question, right in asked])
        for name, (resources, chunks) in sides.items()
    }
    found = _summary(scores)
    with other.transactions.write() as session:
        generation = session.get(IndexGeneration, other.lock.generation)
        if generation is None:
            raise errors.NotFound("Build the other generation first")
        generation.comparison = found
    return found


def _documents(session: Session) -> dict[str, str]:
    """Document ids by id and by name."""
    rows = session.execute(select(Document.id, Document.name).where(Document.deleted_at.is_(None))).all()
    return {name: row_id for row_id, name in rows} | {row_id: row_id for row_id, _name in rows}


def _asked(questions: Path, documents: Mapping[str, str]) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(questions.read_text().splitlines(), start=1):
        try:
            row = json.loads(line)
            found.append((str(row["question"]), documents[str(row["document"])]))
        except (ValueError, KeyError, TypeError) as error:
            raise errors.InvalidRequest(f"line {number}: {error!r} is missing or not known") from error
    if not found:
        raise errors.InvalidRequest("There are no questions")
    return found


def _live_chunks(session: Session) -> dict[str, str]:
    statement = (
        select(ChunkRow.id, Version.document_id)
        .join(Version, Version.id == ChunkRow.version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.state == VISIBLE, Document.deleted_at.is_(None))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _held_chunks(session: Session, other: Resources) -> dict[str, str]:
    statement = (
        select(GenerationVersion.chunks_digest, Version.document_id)
        .join(Version, Version.id == GenerationVersion.version_id)
        .where(GenerationVersion.generation == other.lock.generation, Version.state == VISIBLE)
    )
    return {
        str(chunk["id"]): document_id
        for digest, document_id in session.execute(statement)
        for chunk in json.loads(other.files.read_bytes(digest))["chunks"]
    }


def _ndcg(resources: Resources, document_of: Mapping[str, str], question: str, right: str) -> float:
    """1 / log2(rank + 1) of the right document among the nearest ten, 0 where it is not there."""
    hits = resources.chunk_index.search(resources.embedder.embed_question(question), NEIGHBOURS)
    ranked = list(dict.fromkeys(document_of[chunk] for chunk, _score in hits if chunk in document_of))
    place = ranked.index(right) if right in ranked[:DEPTH] else None
    return 0.0 if place is None else float(1 / np.log2(place + 2))


def _summary(scores: Mapping[str, Figures]) -> dict[str, Any]:
    gains = scores["other"] - scores["live"]
    drawn = np.random.default_rng(0).integers(0, len(gains), (DRAWS, len(gains)))
    low, high = np.percentile(gains[drawn].mean(axis=1), [2.5, 97.5])
    return {
        "questions": len(gains),
        "ndcg10": {name: round(float(values.mean()), 4) for name, values in scores.items()},
        "hits10": {name: int((values > 0).sum()) for name, values in scores.items()},
        "gain": round(float(gains.mean()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "lost": _count(gains < 0),
        "won": _count(gains > 0),
    }


def _count(flags: Sequence[bool] | NDArray[np.bool_]) -> int:
    return int(np.sum(flags))
