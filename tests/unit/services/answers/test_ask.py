"""The flow of an answer without a server: its events, and its end when its reader closes it early."""

import json
from contextlib import aclosing

import anyio
import pytest
from sqlalchemy import select

from services.answers import ask
from services.answers.work import Question, release_sampling, shaped
from services.database.tables.answers import Answer
from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import LIE, PIECES, QUESTION, TEXTS, TRUE, UNANSWERABLE


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def question(resources):
    company = Company(resources)
    company.person("ada", "travellers")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES

    def make(text: str = QUESTION, policy: str = "strict") -> Question:
        return Question(company.caller("ada"), text, policy, release_sampling(resources))

    return make


def told(question: Question, resources, until: str = "") -> list[str]:
    """The names of the events; closed after the one named `until`."""

    async def listen():
        names = []
        async with aclosing(ask.answer_question(question, resources)) as events:
            async for event in events:
                names.append(event.name)
                if event.name == until:
                    break
        return names

    return anyio.run(listen)


def kept(resources) -> Answer:
    with resources.transactions.read() as session:
        return session.scalars(select(Answer)).one()


def test_answer_has_its_events(question, resources):
    names = told(question(), resources)
    assert names == ["question", "passages", "sentence", "sentence", "answer"]
    assert (kept(resources).state, kept(resources).kind) == ("done", "generated")


def test_tokens_are_told_under_off_only(question, resources):
    assert "token" in told(question(policy="off"), resources)


def test_refusal_does_not_ask_the_model(question, resources):
    assert told(question(UNANSWERABLE), resources) == ["question", "passages", "answer"]
    assert resources.model.asked == []
    assert kept(resources).state == "refused"


def test_lie_becomes_a_quotation(question, resources):
    resources.model.pieces = [LIE]
    told(question(), resources)
    assert (kept(resources).kind, kept(resources).dropped_sentences) == ("quoted", 1)


@pytest.mark.parametrize(("until", "was_asked"), [("question", 0), ("passages", 0), ("sentence", 1)])
def test_closing_early_keeps_what_there_is_as_stopped(question, resources, until, was_asked):
    told(question(), resources, until=until)
    assert kept(resources).state == "stopped"
    assert len(kept(resources).sentences) == len(resources.model.asked) == was_asked


def test_closing_early_leaves_the_model(question, resources):
    told(question(), resources, until="sentence")
    assert resources.model.was_left


def test_engine_that_dies_fails_the_answer(question, resources):
    resources.model.dies_after = 1
    assert told(question(), resources)[-1] == "failed"
    assert (kept(resources).state, kept(resources).error_code) == ("failed", "engine_unavailable")


LIMIT = {"type": "object", "properties": {"limit": {"type": ["integer", "null"]}}, "required": ["limit"]}
MUST = {"type": "object", "properties": {"limit": {"type": "integer"}}, "required": ["limit"]}


@pytest.mark.parametrize(("said", "kept_limit"), [(45, 45), (90, None)])
def test_json_leaves_at_once_and_checked(question, resources, said, kept_limit):
    resources.model.pieces = ['{"lim', f'it": {said}', "}"]
    assert told(shaped(question(), LIMIT), resources) == ["question", "passages", "answer"]
    row = kept(resources)
    assert (row.state, row.kind, json.loads(row.text)) == ("done", "json", {"limit": kept_limit})
    assert [sentence["pointer"] for sentence in row.sentences] == (["/limit"] if kept_limit else [])
    assert row.sampling["json_schema"]["properties"]["limit"]["anyOf"][1] == {"type": "null"}


@pytest.mark.parametrize(("said", "code"), [("90}", "answer_unsupported"), ("4", "answer_unfit")])
def test_json_that_may_not_be_given_fails_without_a_word_of_it(question, resources, said, code):
    resources.model.pieces = [f'{{"limit": {said}']
    assert told(shaped(question(), MUST), resources)[-1] == "failed"
    row = kept(resources)
    assert (row.state, row.error_code, row.text, row.sentences) == ("failed", code, "", [])


def test_question_that_nothing_answers_is_refused_in_words_whatever_shape_was_asked(question, resources):
    assert told(shaped(question(UNANSWERABLE), LIMIT), resources) == ["question", "passages", "answer"]
    assert (kept(resources).state, kept(resources).kind, resources.model.asked) == ("refused", "refused", [])


def test_json_is_asked_for_with_its_schema_and_no_sentence_is(question, resources):
    resources.model.pieces = ['{"limit": 45}']
    told(shaped(question(), LIMIT), resources)
    asked = resources.model.asked[0][-1]["content"]
    assert '"limit": {"anyOf"' in asked
    assert "JSON of this schema" in asked


def test_sources_that_disagree_are_kept_as_a_pair_and_told_as_a_sentence(resources):
    company, rival = Company(resources), TRUE.replace("45", "60")
    company.person("ada", "travellers")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    company.add("older", "older-policy.txt", [rival], "travellers")
    resources.model.pieces = PIECES
    asked = Question(company.caller("ada"), QUESTION, "strict", release_sampling(resources))
    assert told(asked, resources).count("sentence") == 3
    row = kept(resources)
    assert row.text.endswith(f"“{rival.rstrip('.')}” (older policy). [1] [3]")
    assert [row.conflicts[0][side]["quote"] for side in ("one", "other")] == [TRUE, rival]
