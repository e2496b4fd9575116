"""What the rooms count on from the file store, whatever it is made of."""

import os
from hashlib import sha256

import pytest

from services import errors
from services.adapters.file_store import FileStore


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files")


def test_content_is_named_by_its_digest(store):
    assert store.save_bytes(b"content") == sha256(b"content").hexdigest()


def test_content_comes_back_as_it_was(store):
    assert store.read_bytes(store.save_bytes(b"\x00\xff content")) == b"\x00\xff content"


def test_text_comes_back_with_its_characters(store):
    assert store.read_text(store.save_bytes("Größe\r\n".encode())) == "Größe\r\n"


def test_the_same_content_twice_is_one_file(store):
    assert store.save_bytes(b"content") == store.save_bytes(b"content")
    assert len(list(store.digests())) == 1


def test_an_empty_file_can_be_kept(store):
    assert store.read_bytes(store.save_bytes(b"")) == b""


def test_blocks_make_up_one_file(store):
    with store.receive(limit=100) as incoming:
        incoming.write(b"con")
        incoming.write(b"tent")
        stored = incoming.keep()
    assert (stored.digest, stored.size) == (sha256(b"content").hexdigest(), 7)


def test_a_file_of_exactly_the_limit_is_taken(store):
    with store.receive(limit=4) as incoming:
        incoming.write(b"four")
        assert incoming.keep().size == 4


def test_a_missing_file_is_not_found(store):
    with pytest.raises(errors.NotFound):
        store.read_bytes("0" * 64)


def test_a_deleted_file_is_gone_and_deleting_again_is_no_error(store):
    digest = store.save_bytes(b"content")
    store.delete(digest)
    store.delete(digest)
    with pytest.raises(errors.NotFound):
        store.read_bytes(digest)


def test_every_stored_digest_is_listed(store):
    kept = {store.save_bytes(content) for content in (b"one", b"two", b"three")}
    assert {digest for digest, _written in store.digests()} == kept


def test_a_file_that_is_stored_again_is_young_again(store):
    digest = store.save_bytes(b"content")
    os.utime(store.path(digest), (1000.0, 1000.0))
    assert store.written_at(digest) == 1000.0
    store.save_bytes(b"content")
    assert store.written_at(digest) > 1000.0
    store.delete(digest)
    assert store.written_at(digest) is None


def test_what_never_arrived_is_forgotten(store):
    left, fresh = store.incoming / "left", store.incoming / "fresh"
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (1000.0, 1000.0))
    assert store.forget_incoming(before=2000.0) == 1
    assert (left.exists(), fresh.exists()) == (False, True)
