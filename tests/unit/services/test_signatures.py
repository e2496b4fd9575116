import stat
from dataclasses import replace
from pathlib import Path

import pytest

from services import errors, release, signatures
from services.release import Lock
from services.settings import Settings


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    pair = tmp_path / "release.key", tmp_path / "release.pub"
    signatures.make_key_pair(*pair)
    return pair


@pytest.fixture
def lock_file(tmp_path: Path, lock: Lock) -> Path:
    path = tmp_path / "release.toml"
    release.write_lock(lock, path)
    return path


def trusting(lock_file: Path, public: Path) -> Settings:
    return Settings(release={"lock": lock_file, "require_signature": True, "public_key": public})


def test_a_signed_lock_is_read(keys: tuple[Path, Path], lock_file: Path, lock: Lock) -> None:
    signatures.sign(lock_file, keys[0])
    assert signatures.read_trusted_lock(trusting(lock_file, keys[1])) == lock


def test_an_unsigned_lock_is_read_only_where_no_signature_is_required(
    keys: tuple[Path, Path], lock_file: Path, lock: Lock
) -> None:
    assert signatures.read_trusted_lock(Settings(release={"lock": lock_file})) == lock
    with pytest.raises(errors.LockMismatch, match=r"release\.toml\.sig is missing"):
        signatures.read_trusted_lock(trusting(lock_file, keys[1]))


def test_a_lock_written_anew_needs_a_new_signature(
    keys: tuple[Path, Path], lock_file: Path, lock: Lock
) -> None:
    signatures.sign(lock_file, keys[0])
    release.write_lock(replace(lock, sampling=replace(lock.sampling, seed=1)), lock_file)
    with pytest.raises(errors.LockMismatch, match="not that of"):
        signatures.read_trusted_lock(trusting(lock_file, keys[1]))


@pytest.mark.parametrize("damage", [b"", b"AAAA\n", b"no base64 !\n", b"\xff\xfe"])
def test_a_damaged_signature_is_refused(keys: tuple[Path, Path], lock_file: Path, damage: bytes) -> None:
    signatures.sign(lock_file, keys[0]).write_bytes(damage)
    with pytest.raises(errors.LockMismatch):
        signatures.read_trusted_lock(trusting(lock_file, keys[1]))


def test_another_key_is_refused(keys: tuple[Path, Path], lock_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key", tmp_path / "other.pub"
    signatures.make_key_pair(*other)
    signatures.sign(lock_file, other[0])
    with pytest.raises(errors.LockMismatch, match="not that of"):
        signatures.read_trusted_lock(trusting(lock_file, keys[1]))


def test_a_required_signature_without_a_key_is_unsafe(lock_file: Path) -> None:
    with pytest.raises(errors.UnsafeSettings):
        signatures.read_trusted_lock(Settings(release={"lock": lock_file, "require_signature": True}))


def test_keys_are_private_and_never_overwritten(keys: tuple[Path, Path]) -> None:
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    with pytest.raises(errors.Conflict):
        signatures.make_key_pair(*keys)


def test_what_is_no_ed25519_key_signs_nothing(keys: tuple[Path, Path], lock_file: Path) -> None:
    with pytest.raises(errors.InvalidRequest):
        signatures.sign(lock_file, keys[1])
