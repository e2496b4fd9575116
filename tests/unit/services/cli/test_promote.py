"""What a promotion refuses before anything is changed, and what it says where `up` does not run things."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
import typer
from typer.testing import CliRunner

from services import errors, release
from services.cli import promote, promoted
from services.settings import Release, Settings, Web
from tests.parts import free_port

LOCK = SimpleNamespace(generation="g2", release_id="b" * 64)


def client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(base_url="http://holdfast", transport=httpx.MockTransport(answer))


def index(state: str, missing: int | None = 0) -> httpx.Client:
    one = {"name": "g2", "state": state, "missing_versions": missing}
    return client(lambda _: httpx.Response(200, json={"generations": [one]}))


def test_live_generation_needs_no_switch():
    assert promote._require_generation(index("live", None), LOCK) is None


@pytest.mark.parametrize("state", ["ready", "kept"])
def test_whole_generation_is_switched_to(state):
    assert promote._require_generation(index(state), LOCK) == "g2"


@pytest.mark.parametrize(("state", "missing"), [("building", 0), ("ready", 3), ("kept", 1)])
def test_generation_that_is_not_whole_is_refused(state, missing):
    with pytest.raises(errors.Conflict, match="index build"):
        promote._require_generation(index(state, missing), LOCK)


def test_generation_nobody_built_is_refused():
    empty = client(lambda _: httpx.Response(200, json={"generations": []}))
    with pytest.raises(errors.Conflict, match="index build"):
        promote._require_generation(empty, LOCK)


def test_release_that_is_served_is_no_candidate():
    served = client(lambda _: httpx.Response(200, json={"release_id": LOCK.release_id}))
    with pytest.raises(errors.Conflict, match="served already"):
        promote._require_another(served, LOCK)


def test_release_that_drifted_is_not_left_behind_as_the_way_back():
    drifted = client(lambda _: httpx.Response(201, json={"state": "drifted"}))
    with pytest.raises(errors.Conflict, match="has drifted"):
        promote._require_undrifted(drifted)
    promote._require_undrifted(client(lambda _: httpx.Response(201, json={"state": "within_tolerance"})))


def test_release_without_a_recording_gets_one_first():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404 if request.url.path.endswith("checks") else 201, json={})

    promote._require_undrifted(client(answer))
    assert asked == ["/api/v1/drift/checks", "/api/v1/drift/records"]


def test_elsewhere_the_command_is_said(capsys, tmp_path):
    promote._say_the_command(tmp_path / "candidate.toml")
    assert f"--set-file release.lock={tmp_path / 'candidate.toml'}" in capsys.readouterr().out


def test_the_way_back_needs_nothing_that_runs(migrated_sqlite, tmp_path, monkeypatch, lock, capsys):
    """As where the promoted release does not start: the lock before is served at the next start."""
    migrated_sqlite.copy_to(tmp_path)
    settings = Settings(data_dir=tmp_path, web=Web(port=free_port()))
    later = replace(lock, generator=replace(lock.generator, revision="later"))
    release.write_lock(lock, tmp_path / promoted.BEFORE)
    release.write_lock(later, tmp_path / promoted.NOW)
    monkeypatch.setattr(promote, "_verified", lambda _settings, path: release.read_lock(path))
    promote._promote(settings, None, (None, None))
    assert release.read_lock(tmp_path / promoted.NOW).release_id == lock.release_id
    assert release.read_lock(tmp_path / promoted.BEFORE).release_id == later.release_id
    assert "with the next `holdfast up`" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["a.toml", "--back"], ["a.toml", "--gate", "g.toml"]])
def test_half_a_wish_is_refused(words):
    app = typer.Typer()
    app.command()(promote.promote)
    assert CliRunner().invoke(app, words).exit_code == 2


def test_lock_of_which_a_file_is_missing_is_refused_by_its_part(lock, tmp_path):
    path = tmp_path / "candidate.toml"
    release.write_lock(lock, path)
    settings = Settings(data_dir=tmp_path, release=Release(models=tmp_path / "nothing here"))
    with pytest.raises(errors.LockMismatch, match="generator: "):
        promote._verified(settings, path)
    assert [one.name for one in tmp_path.iterdir()] == ["candidate.toml"]
