"""The flow of an answer without a server: its events, and its end when its reader closes it early."""

from contextlib import aclosing

import anyio
import pytest
from sqlalchemy import select

from services.answers import ask
from services.answers.work import Question, release_sampling
from services.database.tables.answers import Answer
from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import LIE, PIECES, QUESTION, TEXTS, UNANSWERABLE


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
