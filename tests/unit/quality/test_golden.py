import json

import pytest

from tests.quality import golden

ROW = {
    "id": "q1", "question": "How long?", "answers": [], "key_facts": ["9 weeks"], "answerable": True,
    "as": "ben", "document": "a.md", "page": None, "pages": [], "support": "It takes 9 weeks.",
    "group": "everyone",
}  # fmt: skip


def read(tmp_path, **changed):
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(ROW | changed) + "\n")
    return golden.read_questions(path)[0]


def test_the_demo_has_what_the_measures_need():
    questions = golden.read_questions()
    assert len(questions) == 40
    assert sum(not one.answerable for one in questions) == 8
    assert sum(one.denied_as is not None and one.canary is not None for one in questions) == 6


def test_an_answerable_question_without_support_is_refused(tmp_path):
    with pytest.raises(ValueError, match="support"):
        read(tmp_path, support=None)


def test_reads_a_question(tmp_path):
    assert read(tmp_path).key_facts == ("9 weeks",)
