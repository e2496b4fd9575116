from dataclasses import replace
from pathlib import Path

import pytest

from services import errors, release
from services.engine import model_files, model_store
from services.engine.model_store import ModelStore
from services.release import Generator, Lock
from tests import small_models


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def put(store: ModelStore, name: str) -> Generator:
    draft = store.draft(name)
    small_models.write(draft, name=name)
    generator = model_files.describe(draft, repository=f"acme/{name}", revision="1", license_name="mit")
    store.adopt(draft, generator)
    return generator


def test_a_model_is_found_by_name_folder_or_beginning(store: ModelStore) -> None:
    first, second = put(store, "first"), put(store, "second")
    assert store.generator("first") == first
    assert store.generator(second.folder) == second
    assert store.generator(second.folder[:12]) == second


@pytest.mark.parametrize("name", ["third", ""])
def test_an_unknown_or_ambiguous_name_is_not_found(store: ModelStore, name: str) -> None:
    put(store, "first"), put(store, "second")
    with pytest.raises(errors.NotFound):
        store.generator(name)


def test_the_same_model_put_in_twice_is_there_once(store: ModelStore) -> None:
    assert put(store, "first") == put(store, "first")
    assert len(store.generators()) == 1


def test_damaged_files_are_not_taken_for_the_model(store: ModelStore) -> None:
    generator = put(store, "first")
    (store.root / generator.folder / "config.json").write_text("{}")
    with pytest.raises(errors.LockMismatch):
        put(store, "first")


def test_a_candidate_changes_the_generator_and_the_release_id_only(store: ModelStore, lock: Lock) -> None:
    made = model_store.candidate(lock, "next", put(store, "first"))
    assert made.release_id != lock.release_id
    assert (made.embedder, made.prompts, made.sampling) == (lock.embedder, lock.prompts, lock.sampling)


def test_prune_keeps_the_last_two_releases_and_what_is_named(store: ModelStore, lock: Lock) -> None:
    """Four releases were served one after another, and the third was served again between."""
    one, two, three, four, five = (put(store, name) for name in ("one", "two", "three", "four", "five"))
    for generator in (one, two, three, four, three):
        store.remember(replace(lock, name=generator.served_name, generator=generator))
    assert [found.name for found in store.last_releases()] == ["three", "four"]
    named = [replace(lock, generator=five)]
    assert {path.name for path in store.unused(named)} == {one.folder, two.folder}
    store.prune(named)
    assert {each.served_name for each in store.generators()} == {"three", "four", "five"}
    assert (store.root / four.folder / "model.safetensors").is_file()


def test_the_lock_of_a_release_is_kept_for_return(store: ModelStore, lock: Lock) -> None:
    store.remember(lock)
    store.remember(lock)
    assert release.read_lock(store.release_lock(lock.release_id)) == lock
    assert len((store.root / "releases.jsonl").read_text().splitlines()) == 1


def test_nothing_is_pruned_where_no_release_is_known(store: ModelStore) -> None:
    put(store, "first")
    with pytest.raises(errors.Conflict):
        store.prune([])
    assert len(store.generators()) == 1


def test_prune_leaves_drafts_and_other_folders_alone(store: ModelStore, lock: Lock) -> None:
    store.draft("half fetched")
    (store.root / "something").mkdir()
    assert store.prune([lock]) == []
    assert len([path for path in store.root.iterdir() if path.is_dir()]) == 2
