"""The demo company's golden questions: what is asked, by whom, and what is right."""

from pathlib import Path

from services.evaluation import sets
from services.evaluation.sets import Question

QUESTIONS = Path(__file__).parents[2] / "deploy" / "demo" / "questions.jsonl"


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    questions = list(sets.read_set(path).questions)
    for question in questions:
        _require_sound(question)
    return questions


def _require_sound(question: Question) -> None:
    if question.answerable and not (question.document and question.support and question.key_facts):
        raise ValueError(f"{question.id}: an answerable question needs document, support and key facts")
