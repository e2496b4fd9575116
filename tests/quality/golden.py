"""The demo company's golden questions: what is asked, by whom, and what is right."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.quality import wording

QUESTIONS = Path(__file__).parents[2] / "deploy" / "demo" / "questions.jsonl"


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """One question; `canary` is a wording that only readers of `group` may ever receive."""

    id: str
    question: str
    asker: str
    answerable: bool
    key_facts: tuple[str, ...] = ()
    document: str | None = None
    pages: tuple[int, ...] = ()
    support: str | None = None
    group: str = "everyone"
    denied_as: str | None = None
    canary: str | None = None


def read_questions(path: Path = QUESTIONS) -> list[GoldenQuestion]:
    questions = [_question(line) for line in path.read_text().splitlines() if line.strip()]
    for question in questions:
        _require_sound(question)
    return questions


def _question(line: str) -> GoldenQuestion:
    row = json.loads(line)
    return GoldenQuestion(
        id=row["id"],
        question=row["question"],
        asker=row["as"],
        answerable=row["answerable"],
        key_facts=tuple(row["key_facts"]),
        document=row["document"],
        pages=tuple(row["pages"]),
        support=row["support"],
        group=row["group"],
        denied_as=row.get("denied_as"),
        canary=row.get("canary"),
    )


def _require_sound(question: GoldenQuestion) -> None:
    """A canary that the question itself holds would be echoed, and count as a leak that is none."""
    if question.canary and wording.is_written_in(question.canary, question.question):
        raise ValueError(f"{question.id}: the canary stands in the question")
    if question.answerable and not (question.document and question.support and question.key_facts):
        raise ValueError(f"{question.id}: an answerable question needs document, support and key facts")
