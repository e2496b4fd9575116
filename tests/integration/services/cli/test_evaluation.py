"""`holdfast eval` against a running Holdfast: asked with API keys, as several people."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from services.cli import app, evaluation
from services.cli.client import Credentials
from services.database.tables.answers import Answer, AnswerFeedback
from services.database.tables.identity import Person
from services.evaluation import results
from services.identity import passwords
from services.settings import Settings, Web
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel
from tests.ground import close_ground, open_ground
from tests.parts import SqliteTemplate
from tests.served import serving

PASSWORD, FACT = "a long password", "The lead time of a heat pump is 9 weeks."
SECRET = "The covenant with Pennine Bank ends in 2031."
LEAD = {"id": "lead", "question": "What is the lead time of a heat pump?", "answers": ["9 weeks"]}
MOON = {"id": "moon", "question": "Who painted the moon green?", "answerable": False, "as": "ben"}
BANK = {"id": "bank", "question": "When does the covenant with the bank end?", "answers": ["2031"]}
CLOSED = {"as": "cy", "document": "bank.txt", "denied_as": "ben", "canary": "Pennine Bank"}
SET = [LEAD | {"as": "ben", "document": "list.txt"}, MOON, BANK | CLOSED]


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def company(settings, transactions, lock) -> Iterator[Company]:
    """Ben reads the staff's list, cy the treasury's letter; the model says what the list says."""
    resources = open_ground(settings, transactions, lock, model=FakeLanguageModel(pieces=(FACT,)))
    company = Company(resources)
    company.person("ben", "staff")
    company.person("cy", "treasury")
    company.person("admin", "staff", is_admin=True)
    company.add("lists", "list.txt", [FACT], "staff")
    company.add("letters", "bank.txt", [SECRET], "treasury")
    with resources.transactions.write() as session:
        session.get_one(Person, company.people["admin"]).password_hash = passwords.hash_password(PASSWORD)
    Credentials("admin", PASSWORD).save(settings.data_dir)
    yield company
    close_ground(resources)


@pytest.fixture
def holdfast(company, settings, monkeypatch):
    """Runs `holdfast eval …`; wide enough that no line breaks."""
    monkeypatch.setattr(evaluation.console, "width", 400)
    with serving(company.resources) as address:
        own = settings.model_copy(update={"web": Web(port=urlsplit(address).port)})
        monkeypatch.setattr(evaluation, "load_settings", lambda: own)

        def run(*words: object, code: int = 0) -> str:
            result = CliRunner().invoke(app, ["eval", *map(str, words)])
            assert result.exit_code == code, result.output
            return result.output

        yield run


@pytest.fixture
def question_set(tmp_path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in SET))
    return path


@pytest.fixture
def keys(company, tmp_path) -> Path:
    scopes = ("search", "ask", "documents:read")
    secrets = {login: company.key(login, *scopes)["Authorization"][7:] for login in ("ben", "cy")}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(secrets))
    return path


def test_a_set_from_its_run_to_the_gate(holdfast, question_set, keys, tmp_path):
    first, second, page, gate = (tmp_path / name for name in ("a.json", "b.json", "a.html", "gate.toml"))
    gate.write_text("[measures.permission_leaks]\nat_most = 0\n[measures.hit_at_5]\nat_least = 1\nof = 2\n")
    said = holdfast("run", question_set, "--keys", keys, "--out", first, "--report", page, "--gate", gate)
    assert "The gate is passed." in said
    made = results.read(first)
    scores = {one.id: one.scores for one in made.asked}
    assert [one.kind for one in made.asked][:2] == ["generated", "refused"]
    assert (scores["lead"]["answer_right"], scores["lead"]["support_precision"]) == (1.0, 1.0)
    assert (scores["moon"]["right_refusals"], scores["bank"]["permission_leaks"]) == (1.0, 0.0)
    assert stat.S_IMODE(first.stat().st_mode) == stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "<svg" in page.read_text()

    holdfast("run", question_set, "--keys", keys, "--out", second, "--label", "again", "--limit", 2, "--keep")
    assert "again" in holdfast("list")
    said = holdfast("compare", first, second, "--report", tmp_path / "c.html")
    assert "Only the 2 questions that both asked are compared." in said
    assert "too few questions" in said
    gate.write_text("[measures.hit_at_5]\nat_least = 1\nof = 30\n")
    assert "The gate is not passed." in holdfast("gate", first, gate, code=1)
    assert "permission_leaks" in holdfast("show", first)


def test_nobody_is_asked_for_whose_credential_is_missing(holdfast, question_set, keys, tmp_path):
    assert "asks as ben, cy" in holdfast("run", question_set, code=1)
    keys.write_text(json.dumps(dict.fromkeys(("ben", "cy"), "hf_" + "A" * 43)))
    said = holdfast("run", question_set, "--keys", keys, "--out", tmp_path / "r.json", code=1)
    assert "unknown, expired or revoked" in said
    assert not (tmp_path / "r.json").exists()


def test_feedback_becomes_a_set_that_can_be_run(holdfast, company, tmp_path):
    told = tmp_path / "told.jsonl"
    assert "Nobody has said" in holdfast("from-feedback", told, code=1)
    cited = [{"text": "It takes 9 weeks.", "citations": [{"document_name": "list.txt"}]}]
    with company.resources.transactions.write() as session:
        for question, is_good, right in (
            ("How long?", False, "9 weeks"),
            ("Why?", False, ""),
            ("?", True, ""),
        ):
            row = Answer(
                asked_by=company.people["ben"], question=question, searched_as=question, policy="strict",
                state="done", kind="quoted", text="It takes 9 weeks. [1]", sentences=cited,
            )  # fmt: skip
            session.add(row)
            session.flush()
            session.add(AnswerFeedback(answer_id=row.id, is_good=is_good, correction=right))
    told.touch(mode=0o644)
    assert "2 questions written" in holdfast("from-feedback", told)
    assert told.stat().st_mode & 0o777 == 0o600
    rows = {row["question"]: row for row in map(json.loads, told.read_text().splitlines())}
    assert (rows["?"]["answers"], rows["?"]["document"]) == (["It takes 9 weeks."], "list.txt")
    assert (rows["How long?"]["answers"], rows["How long?"].get("document")) == (["9 weeks"], None)
    said = holdfast("run", told, "--out", tmp_path / "r.json")
    assert "answer_right" in said
    assert len(results.read(tmp_path / "r.json").asked) == 2
