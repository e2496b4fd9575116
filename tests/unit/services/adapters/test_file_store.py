"""What only the real store on a disk can show; the rest is in tests/contracts."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest

from services import errors
from services.adapters import file_store
from services.adapters.file_store import FileStore


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files")


def incoming_of(store):
    return list(store.incoming.iterdir())


def test_a_file_lies_in_a_folder_of_its_digests_first_characters(store):
    digest = store.save_bytes(b"content")
    assert store.path(digest) == store.root / digest[:2] / digest
    assert store.path(digest).read_bytes() == b"content"


def test_nothing_is_seen_in_the_store_before_it_is_kept(store):
    with store.receive(limit=100) as incoming:
        incoming.write(b"half")
        assert list(store.digests()) == []
        assert len(incoming_of(store)) == 1


def test_what_is_not_kept_is_thrown_away(store):
    with store.receive(limit=100) as incoming:
        incoming.write(b"half")
    assert incoming_of(store) == []


def test_what_fails_midway_is_thrown_away(store):
    with suppress(ConnectionError), store.receive(limit=100) as incoming:
        incoming.write(b"half")
        raise ConnectionError
    assert incoming_of(store) == []


def test_a_file_over_the_limit_leaves_nothing(store):
    with pytest.raises(errors.TooLarge), store.receive(limit=3) as incoming:
        incoming.write(b"four")
    assert (incoming_of(store), list(store.digests())) == ([], [])


def test_a_kept_file_leaves_nothing_in_incoming(store):
    store.save_bytes(b"content")
    assert incoming_of(store) == []


def test_the_head_is_kept_for_a_look_at_its_type(store):
    with store.receive(limit=200_000) as incoming:
        for _ in range(3):
            incoming.write(b"x" * 40_000)
        assert incoming.head == b"x" * file_store.HEAD_SIZE


def test_a_full_disk_is_a_typed_error(store, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file_store.os, "fsync", full)
    with pytest.raises(errors.StorageFull):
        store.save_bytes(b"content")
    assert (incoming_of(store), list(store.digests())) == ([], [])


def test_another_failure_of_the_disk_is_not_called_full(store):
    store.incoming.rmdir()
    with pytest.raises(FileNotFoundError), store.receive(limit=1):
        pass


def test_a_store_reopened_finds_its_files(store):
    digest = store.save_bytes(b"content")
    assert FileStore(Path(store.root)).read_bytes(digest) == b"content"
