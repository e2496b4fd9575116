"""The canary collection that a recording freezes: passages and questions that come with the product.

They are of nobody's documents, so a recording may be kept and shown without asking whose they are.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services import passages
from services.passages import Passage

Vectors = NDArray[np.float32]

FILE = Path(__file__).with_name("canaries.toml")
VERSION = "canary"
PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)  # stands in the prompt, so it never changes
FOUND = 4  # passages a canary's prompt is made of


@dataclass(frozen=True, slots=True)
class CanaryPassage:
    """One frozen chunk; `id` is the digest of its place and text, as any chunk's."""

    id: str
    ordinal: int
    document: str
    headings: tuple[str, ...]
    text: str

    @property
    def is_as_named(self) -> bool:
        return passages.chunk_id(VERSION, self.ordinal, self.text) == self.id

    @property
    def embedded_text(self) -> str:
        return "\n".join([" > ".join(self.headings), self.text])

    def as_passage(self) -> Passage:
        return Passage(
            chunk_id=self.id,
            version_id=VERSION,
            document_id=self.document,
            collection_id=VERSION,
            document_name=self.document,
            text=self.text,
            start=0,
            end=len(self.text),
            score=0.0,
            heading_path=self.headings,
            published_at=PUBLISHED,
        )


def shipped(file: Path = FILE) -> tuple[tuple[CanaryPassage, ...], tuple[str, ...]]:
    """The passages and questions of this build."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    found = [_passage(ordinal, entry) for ordinal, entry in enumerate(table["passages"])]
    return tuple(found), tuple(entry["text"] for entry in table["questions"])


def _passage(ordinal: int, entry: dict[str, str | Sequence[str]]) -> CanaryPassage:
    text = str(entry["text"])
    digest = passages.chunk_id(VERSION, ordinal, text)
    return CanaryPassage(digest, ordinal, str(entry["document"]), tuple(entry["headings"]), text)
