"""The `holdfast models` words, as a person types them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services import release
from services.cli import models
from services.engine.model_store import ModelStore
from services.release import Lock
from services.settings import load_settings
from tests import small_models
from tests.hub_server import running_hub


@pytest.fixture
def served(tmp_path: Path, lock: Lock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The served lock; the commands of a test read these settings."""
    path = tmp_path / "served.toml"
    release.write_lock(lock, path)
    monkeypatch.setenv("HOLDFAST_RELEASE__LOCK", str(path))
    monkeypatch.setenv("HOLDFAST_RELEASE__MODELS", str(tmp_path / "models"))
    load_settings.cache_clear()
    yield path
    load_settings.cache_clear()


def told(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(models.app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def test_a_pulled_model_becomes_a_candidate_release(served: Path, tmp_path: Path) -> None:
    folder = small_models.write(tmp_path / "Tiny")
    into = tmp_path / "next.toml"
    assert "candidate release" in told("pull", folder, "--into", into, "--licence", "mit")
    made = release.read_lock(into)
    assert (made.name, made.generator.license, made.generator.served_name) == ("next", "mit", "tiny")
    assert "tiny" in told("list")
    assert "generator.repository" in told("diff", served, into, code=1).replace("\n", "")
    assert "none, 16 bits" in told("show", "--lock", into)


def test_without_a_named_lock_the_one_last_served_from_here_is_meant(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: Lock
) -> None:
    monkeypatch.delenv("HOLDFAST_RELEASE__LOCK")
    monkeypatch.delenv("HOLDFAST_RELEASE__MODELS")
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    load_settings.cache_clear()
    assert lock.release_id not in told("show", code=1)
    (tmp_path / "embedded.toml").write_text(f'[release]\nlock = "{served}"\nmodels = "{tmp_path}"\n')
    assert lock.release_id in told("show")


def test_equal_locks_have_no_difference(served: Path) -> None:
    assert "both are release" in told("diff", served, served)


def test_verify_names_the_part_that_differs(served: Path, tmp_path: Path, lock: Lock) -> None:
    told("pull", small_models.write(tmp_path / "Tiny"), "--into", tmp_path / "next.toml")
    good = told("verify", "--lock", tmp_path / "next.toml")
    assert "differs" not in good
    (folder,) = (path for path in (tmp_path / "models").iterdir() if path.is_dir())
    (folder / "chat_template.jinja").write_text("{{ other }}")
    assert "differs generator" in told("verify", "--lock", tmp_path / "next.toml", code=1)


@pytest.mark.parametrize("part", ["embedder", "prompts"])
def test_verify_finds_each_other_part(served: Path, tmp_path: Path, lock: Lock, part: str) -> None:
    other = release.File("0" * 64, 1)
    wrong = {
        "embedder": {"embedder": replace(lock.embedder, files={**lock.embedder.files, "config.json": other})},
        "prompts": {"prompts": {**lock.prompts, next(iter(lock.prompts)): other}},
    }
    release.write_lock(replace(lock, **wrong[part]), tmp_path / "wrong.toml")
    assert f"differs {part}" in told("verify", "--lock", tmp_path / "wrong.toml", code=1)


def test_verify_asks_the_engines_own_interpreter_for_its_version(
    served: Path, tmp_path: Path, lock: Lock
) -> None:
    told("pull", small_models.write(tmp_path / "Tiny"), "--into", tmp_path / "next.toml")
    answered = told("verify", "--lock", tmp_path / "next.toml", "--engine-python", sys.executable, code=1)
    assert "differs engine" in answered
    assert "expected version 0, found none" in answered.replace("\n", "")


def test_a_signed_lock_verifies_where_signatures_are_required(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, public = tmp_path / "release.key", tmp_path / "release.pub"
    told("keygen", key, public)
    told("pull", small_models.write(tmp_path / "Tiny"), "--into", tmp_path / "next.toml")
    monkeypatch.setenv("HOLDFAST_RELEASE__REQUIRE_SIGNATURE", "true")
    monkeypatch.setenv("HOLDFAST_RELEASE__PUBLIC_KEY", str(public))
    load_settings.cache_clear()
    told("verify", "--lock", tmp_path / "next.toml", code=1)
    told("sign", tmp_path / "next.toml", "--key", key)
    assert "differs" not in told("verify", "--lock", tmp_path / "next.toml")


def test_prune_shows_first_and_keeps_what_locks_beside_the_served_one_name(
    served: Path, tmp_path: Path
) -> None:
    told("pull", small_models.write(tmp_path / "Kept"), "--into", tmp_path / "next.toml")
    told("pull", small_models.write(tmp_path / "Loose", name="loose"))
    assert "unused" in told("prune")
    assert len(ModelStore(tmp_path / "models").generators()) == 2
    assert "removed" in told("prune", "--yes")
    assert [each.served_name for each in ModelStore(tmp_path / "models").generators()] == ["kept"]


def test_a_plan_says_what_fits_and_what_would(served: Path, tmp_path: Path) -> None:
    folder = small_models.write(tmp_path / "Tiny")
    assert "fits: room for" in told("plan", folder, "--gpu", "L4 24GB")
    told("pull", folder)
    refused = told("plan", "tiny", "--gpu", "L4", "--concurrency", 4096, "--context", 100_000, code=1)
    assert "does not fit" in refused
    assert "fits with" in refused
    told("plan", "tiny", "--gpu", "T4", "--precision", "fp8", code=1)


def test_a_bundle_is_written_by_name(served: Path, tmp_path: Path) -> None:
    told("pull", small_models.write(tmp_path / "Tiny"))
    told("bundle", "tiny", tmp_path / "tiny.tar")
    assert (tmp_path / "tiny.tar").is_file()


def test_the_catalogue_is_shown() -> None:
    assert "Qwen/Qwen3-4B" in told("catalogue").replace("\n", "")


def test_pull_follows_hf_endpoint_in_a_process_of_its_own(tmp_path: Path) -> None:
    with running_hub() as hub:
        hub.files = small_models.files()
        variables = {
            "HF_ENDPOINT": hub.url,
            "HOLDFAST_OUTBOUND__MODELS": f'["127.0.0.1:{hub.port}"]',
            "HOLDFAST_RELEASE__MODELS": str(tmp_path / "models"),
            "HOME": str(tmp_path),
            "TQDM_POSITION": "-1",  # shows the bar although nobody watches
        }
        command = [sys.executable, "-m", "services.cli", "models", "pull", "acme/tiny@v1"]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "licence apache-2.0" in done.stdout
    assert "model.safetensors" in done.stderr  # the progress bar
