"""150 sentences that the demo model really wrote, with the passages found for its question, labelled by hand.

`written/sentences.jsonl` holds them, `written/passages.jsonl` the passages: from the demo company's documents
and from five texts written for this (a tram museum, a bakery, a hall of residence, a laboratory, a choir).
`supported` says whether some passage states what the sentence says, whatever it has to do with the question.
"""

from dataclasses import dataclass
from pathlib import Path

from services.passages import Passage
from tests.quality.support_sources import rows

FOLDER = Path(__file__).with_name("written")


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence of the model."""

    id: str
    question: str
    sentence: str
    supported: bool
    passages: tuple[Passage, ...]


def read() -> list[Written]:
    passages = {row["id"]: _passage(row) for row in rows(FOLDER / "passages.jsonl")}
    return [
        Written(
            row["id"],
            row["question"],
            row["sentence"],
            row["supported"],
            tuple(passages[one] for one in row["passages"]),
        )
        for row in rows(FOLDER / "sentences.jsonl")
    ]


def _passage(row: dict) -> Passage:
    text, name = row["text"], row["document"]
    return Passage(
        row["id"], name, name, "written", name, text, 0, len(text), 1.0,
        tuple(row["heading_path"]), row["page"], row["page"], row["kind"], prefix=row["prefix"],
    )  # fmt: skip
