"""The `holdfast` command against a running Holdfast, and what it says where there is none."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from services.cli import app, commands, complaints, replay
from services.cli.client import Credentials
from services.database import schema
from services.database.session import open_engine
from services.database.tables.identity import WebSession
from services.settings import Settings, Web
from tests import administrator
from tests.chroma_server import free_port
from tests.company import Company
from tests.travel import ALSO_TRUE, QUESTION, TEXTS, TRUE, UNANSWERABLE


@pytest.fixture
def running(resources, settings) -> Iterator[Settings]:
    """Settings that lead to a running Holdfast whose administrator has signed in on this machine before."""
    company = Company(resources)
    company.person("admin", "everyone", is_admin=True)
    company.add("travel", "travel-policy.txt", TEXTS, "everyone")
    resources.model.pieces = [TRUE]
    with administrator.served(company, settings) as served:
        yield served


@pytest.fixture
def holdfast(monkeypatch):
    """Runs the command with these settings; wide enough that no line breaks."""

    def run(settings: Settings, *words: str):
        monkeypatch.setattr(commands, "load_settings", lambda: settings)
        monkeypatch.setattr(commands.console, "width", 400)
        monkeypatch.setattr(complaints.console, "width", 400)
        return CliRunner().invoke(app, words)

    return run


def test_ask_answers_with_its_sources(holdfast, running, resources):
    result = holdfast(running, "ask", QUESTION)
    assert result.exit_code == 0, result.output
    *cited, made_by = result.output.splitlines()
    assert cited == [f"{TRUE} [1]", f"  [1] travel-policy.txt, page 1: “{TRUE}”"]
    assert re.fullmatch(rf"  answer [0-9a-f]{{32}}, release {resources.lock.release_id[:12]}", made_by)


def test_answer_is_replayed_by_its_id(holdfast, running, resources, monkeypatch):
    answer_id = holdfast(running, "ask", QUESTION).output.split("answer ")[-1][:32]
    monkeypatch.setattr(replay, "running_settings", lambda: running)
    result = holdfast(running, "replay", answer_id)
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "identical")
    resources.model.pieces = [ALSO_TRUE]
    result = holdfast(running, "replay", answer_id)
    assert (result.exit_code, result.output.splitlines()[0]) == (1, "different")
    assert holdfast(running, "replay", "0" * 32).exit_code == 1


def test_ask_says_where_it_does_not_know(holdfast, running):
    assert "The documents you may read do not answer this." in holdfast(running, "ask", UNANSWERABLE).output


def test_ask_names_a_collection(holdfast, running):
    assert TRUE in holdfast(running, "ask", QUESTION, "--collection", "travel").output
    result = holdfast(running, "ask", QUESTION, "--collection", "payroll")
    assert (result.exit_code, result.stderr) == (1, "holdfast: There is no collection 'payroll'\n")


def test_ask_with_the_engine_down_says_so_and_fails(holdfast, running, resources):
    resources.model.is_down = True
    result = holdfast(running, "ask", QUESTION)
    assert "The language model is not reachable" in result.stderr
    assert result.exit_code == 1


def test_ask_before_the_first_start_says_what_to_do(holdfast, settings):
    result = holdfast(settings, "ask", QUESTION)
    assert result.exit_code == 1
    assert "run `holdfast up` in this folder first" in result.stderr


def test_ask_where_nothing_runs_says_what_to_do(holdfast, settings):
    Credentials(administrator.LOGIN, administrator.PASSWORD).save(settings.data_dir)
    nowhere = settings.model_copy(update={"web": Web(port=free_port())})
    result = holdfast(nowhere, "ask", QUESTION)
    assert result.exit_code == 1
    assert "start it with `holdfast up`" in result.stderr


def test_ask_leaves_no_session_behind(holdfast, running, resources):
    holdfast(running, "ask", QUESTION)
    resources.model.is_down = True
    holdfast(running, "ask", QUESTION)
    with resources.transactions.read() as session:
        assert session.scalars(select(WebSession)).all() == []


def test_status_says_what_is_up(holdfast, running, resources):
    resources.model.is_down = True
    lines = holdfast(running, "status").output.splitlines()
    assert [line.split() for line in lines] == [
        ["database", "up"],
        ["chunk_index", "up"],
        ["own_indexes", "up"],
        ["queue", "up"],
        ["engine", "down"],
        ["release", resources.lock.release_id[:12]],
    ]


def test_status_where_nothing_runs_fails(holdfast, settings):
    nowhere = settings.model_copy(update={"web": Web(port=free_port())})
    result = holdfast(nowhere, "status")
    assert (result.exit_code, "Nothing answers at" in result.stderr) == (1, True)


def test_migrate_makes_the_schema(holdfast, tmp_path):
    empty = Settings(data_dir=tmp_path / "new")
    result = holdfast(empty, "admin", "migrate")
    engine = open_engine(empty)
    assert schema.stored_revision(engine) == schema.newest_revision()
    engine.dispose()
    assert schema.newest_revision() in result.output


def test_help_names_every_word(holdfast, settings):
    output = holdfast(settings, "--help").output
    assert all(word in output for word in ("up", "ask", "status", "admin"))
