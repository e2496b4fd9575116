"""`holdfast audit`: an exit code that a CronJob can watch, an export that verifies, a person forgotten."""

import json

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from services import audit
from services.audit import sealing
from services.cli.commands import app
from services.database.session import Transactions, open_engine
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.settings import Settings, load_settings

SECRET = "k" * 32


@pytest.fixture
def transactions(migrated_sqlite, tmp_path, monkeypatch):
    migrated_sqlite.copy_to(tmp_path)
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", SECRET)
    load_settings.cache_clear()
    opened = Transactions(open_engine(Settings()))
    with opened.write() as session:
        person = Person(login="ada", name="Ada")
        session.add(person)
        session.flush()
        audit.record(session, person.id, "document.text", "d" * 32)
    with opened.write() as session:
        sealing.seal(session, SECRET)
    yield opened
    opened.engine.dispose()
    load_settings.cache_clear()


def run(*words):
    reply = CliRunner().invoke(app, ["audit", *words])
    return reply.exit_code, " ".join(reply.output.split())


def test_an_untouched_trail_ends_well_and_says_its_head(transactions):
    code, said = run("verify")
    assert code == 0
    assert "1 batches, 1 entries" in said
    head = said.split("head ")[1].split()[0]
    assert run("verify", "--head", head)[0] == 0
    assert run("verify", "--head", f"1:{'0' * 64}")[0] == 1


def test_an_altered_trail_ends_badly_and_says_where(transactions):
    with transactions.write() as session:
        session.execute(update(AuditEntry).values(subject="e" * 32))
    code, said = run("verify")
    assert code == 1
    assert "batch 1: entry 1 was altered" in said


def test_an_export_verifies_and_is_recorded(transactions, tmp_path):
    out = tmp_path / "trail.jsonl"
    out.touch(mode=0o644)
    assert run("export", "--out", str(out))[0] == 0
    assert out.stat().st_mode & 0o777 == 0o600
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["type"] for one in records] == ["seal", "entry", "entry"]
    assert records[-1]["action"] == "audit.export"
    assert run("verify", "--file", str(out))[0] == 0
    out.write_text(out.read_text().replace("document.text", "document.file"))
    assert run("verify", "--file", str(out))[0] == 1


def test_a_person_is_forgotten_and_the_chain_holds(transactions):
    assert run("forget", "ada")[0] == 0
    assert run("verify")[0] == 0
    assert run("forget", "ada")[0] == 1
    assert run("forget", "nobody")[0] == 1
