import json
from pathlib import Path

import pytest

from services import errors
from services.evaluation import sets

ROOT = Path(__file__).parents[4]


def read(tmp_path, text, name="set.jsonl"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return sets.read_set(path)


def test_a_line_of_json_is_a_question(tmp_path):
    row = {"question": "How long?", "answer": "9 weeks", "document": "a.pdf", "page": 2, "as": "ben"}
    (one,) = read(tmp_path, "\n" + json.dumps(row) + "\n").questions
    assert (one.id, one.asker, one.answerable) == ("2", "ben", True)
    assert (one.answers, one.document, one.pages) == (("9 weeks",), "a.pdf", (2,))


def test_a_csv_says_the_same(tmp_path):
    text = (
        '\ufeffquestion,answers,page,answerable\n"How long, then?",9 weeks | two months,2|3,yes\nWhy?,,,no\n'
    )
    first, second = read(tmp_path, text, "set.csv").questions
    assert (first.question, first.answers, first.pages) == (
        "How long, then?",
        ("9 weeks", "two months"),
        (2, 3),
    )
    assert (second.answerable, second.answers) == (False, ())


def test_the_demo_questions_are_a_set():
    found = sets.read_set(ROOT / "deploy" / "demo" / "questions.jsonl")
    assert len(found.questions) == 40
    assert "ben" in found.logins


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no question"),
        ("{", "Line 1 is not JSON"),
        ("[]", "line 1, the whole line"),
        ('{"question": ""}', "line 1, question"),
        ('{"question": "Why?", "anser": "x"}', "line 1, anser"),
        ('{"question": "Why?", "page": "two"}', "line 1"),
        ('{"question": "Why?", "id": "a"}\n{"question": "How?", "id": "a"}', "two questions are named a"),
        ('{"question": "Why?", "canary": "x"}', "belong together"),
        ('{"question": "Why Bank?", "canary": "bank", "denied_as": "tom"}', "stands in the question"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    with pytest.raises(errors.InvalidRequest, match=told):
        read(tmp_path, text)


def test_a_cell_too_many_is_refused(tmp_path):
    with pytest.raises(errors.InvalidRequest, match="more cells than columns"):
        read(tmp_path, "question\nWhy,not\n", "set.csv")


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(errors.InvalidRequest, match="cannot be read"):
        sets.read_set(path)


def test_a_written_set_is_read_again(tmp_path):
    sets.write_set(tmp_path / "s.jsonl", [{"question": "Größe?\u2028", "answers": ["a", "b"]}])
    (one,) = sets.read_set(tmp_path / "s.jsonl").questions
    assert one.answers == ("a", "b")
