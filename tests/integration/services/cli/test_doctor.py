"""The doctor on real parts: what is well is said to be, and what is not says what to do."""

from pathlib import Path

import pytest

from services import runs
from services.cli import doctor
from services.database.session import now
from services.database.tables.runs import Worker
from services.release import write_lock
from services.settings import Settings, running_settings
from tests.chroma_server import free_port
from tests.parts import SqliteTemplate


@pytest.fixture
def installed(migrated_sqlite: SqliteTemplate, tmp_path, lock) -> Path:
    """A data folder with a migrated database and a lock."""
    migrated_sqlite.copy_to(tmp_path)
    write_lock(lock, tmp_path / "release.toml")
    return tmp_path


@pytest.fixture
def settings(installed, models, chroma, redis) -> Settings:
    return Settings(
        data_dir=installed,
        secret_key="s" * 32,
        chroma={"host": "127.0.0.1", "port": chroma.port},
        queue={"url": redis.url},
        engine={"url": f"http://127.0.0.1:{free_port()}/v1"},
        release={"models": models},
    )


def found(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.part: finding for finding in doctor.examine(settings)}


def wrong(settings: Settings) -> set[str]:
    return {part for part, finding in found(settings).items() if finding.to_do}


def test_what_is_well_is_said_to_be(settings):
    findings = found(settings)
    assert wrong(settings) == {"engine"}
    assert findings["chunk index"].says.startswith("0 vectors")
    assert findings["library"].says == "0 chunks can be found"


def test_a_part_that_is_down_keeps_no_other_from_being_asked(settings):
    down = settings.model_copy(
        update={
            "chroma": settings.chroma.model_copy(update={"port": free_port()}),
            "queue": settings.queue.model_copy(update={"url": f"redis://127.0.0.1:{free_port()}/0"}),
        }
    )
    assert wrong(down) == {"engine", "chunk index", "queue"}
    assert "Redis" in found(down)["queue"].to_do


def test_a_database_that_is_not_there_says_so(settings, tmp_path):
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "new", "release": settings.release})
    assert "admin migrate" in found(elsewhere)["database"].says


def test_a_changed_prompt_is_named(settings, monkeypatch, tmp_path):
    (tmp_path / "prompts").mkdir()
    monkeypatch.setattr(doctor, "PROMPTS", tmp_path / "prompts")
    assert wrong(settings) == {"engine", "prompts"}


def test_waiting_runs_without_a_worker_are_wrong_and_with_one_are_not(settings, transactions):
    with transactions.write() as session:
        runs.request(session, runs.REPAIR, "index", requested_by=None)
    assert "workers" in wrong(settings)
    with transactions.write() as session:
        session.add(Worker(name="w1", seen_at=now()))
    assert "workers" not in wrong(settings)


def test_a_started_installation_is_examined_by_its_own_settings(settings, monkeypatch):
    (settings.data_dir / "embedded.toml").write_text("[web]\nport = 3456\n")
    monkeypatch.setattr("services.settings.load_settings", lambda: settings)
    assert running_settings().web.port == 3456
    assert running_settings().data_dir == settings.data_dir
