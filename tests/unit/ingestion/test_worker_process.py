"""A worker refuses a lock that names another parser or chunker than its own."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from ingestion import worker_process
from ingestion.chunking import CHUNKER_VERSION
from ingestion.parsing import PARSER_VERSION
from services import errors
from services.release import Ingestion, Lock
from tests.ground import provisional_lock

DEMO = Path(__file__).parents[3] / "deploy" / "locks" / "demo.in.toml"


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    right = Ingestion(PARSER_VERSION, "kreuzberg", CHUNKER_VERSION)
    return dataclasses.replace(provisional_lock(tmp_path), ingestion=right)


def test_accepts_the_versions_of_this_build(lock: Lock) -> None:
    worker_process.require_versions(lock)


@pytest.mark.parametrize("part", ["parser", "chunker"])
def test_refuses_another_version_and_names_it(lock: Lock, part: str) -> None:
    other = dataclasses.replace(lock, ingestion=dataclasses.replace(lock.ingestion, **{part: "0"}))
    with pytest.raises(errors.LockMismatch, match=f"{part}: the lock names version 0"):
        worker_process.require_versions(other)


def test_demo_release_names_the_versions_of_this_build() -> None:
    named = tomllib.loads(DEMO.read_text())["ingestion"]
    assert (named["parser"], named["chunker"]) == (PARSER_VERSION, CHUNKER_VERSION)
