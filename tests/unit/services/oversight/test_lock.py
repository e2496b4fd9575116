"""The lock as it is shown: each part with its digest, and what is known of its signature."""

import pytest

from services import release, signatures
from services.engine.model_store import ModelStore
from services.oversight import lock as shown
from services.settings import Settings


@pytest.fixture
def settings(lock, tmp_path):
    path = tmp_path / "release.toml"
    release.write_lock(lock, path)
    signatures.make_key_pair(tmp_path / "private.pem", tmp_path / "public.pem")
    return Settings(data_dir=tmp_path, release={"lock": path, "public_key": tmp_path / "public.pem"})


def test_every_part_that_can_change_an_answer_is_named(lock):
    found = {part.name: part for part in shown.parts(lock)}
    assert found.keys() == release.part_digests(lock).keys()
    assert found["generator"].digest == release.part_digests(lock)["generator"]
    assert (found["generator"].files, found["generator"].size) == (
        len(lock.generator.files),
        sum(file.size for file in lock.generator.files.values()),
    )


def test_signature_is_missing_then_valid_then_wrong(lock, settings, tmp_path):
    assert shown.signature_state(lock, settings) == "missing"
    signed = signatures.sign(settings.release_lock, tmp_path / "private.pem")
    assert shown.signature_state(lock, settings) == "valid"
    signed.write_bytes(b"AAAA\n")
    assert shown.signature_state(lock, settings) == "wrong"
    without_key = Settings(data_dir=tmp_path, release={"lock": settings.release_lock})
    assert shown.signature_state(lock, without_key) == "present"


def test_releases_before_leave_out_the_one_being_served(lock, tmp_path):
    store = ModelStore(tmp_path / "models")
    assert shown.before(lock, store.root) == []
    earlier = release.lock_from(release.as_table(lock) | {"name": "earlier"})
    store.remember(earlier)
    store.remember(lock)
    assert [one.name for one in shown.before(lock, store.root)] == ["earlier"]
