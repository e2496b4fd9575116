"""A receipt is complete once nothing of the document is left anywhere, and says what was looked at."""

from datetime import timedelta

import pytest

from ingestion import index_repair, receipts
from services import errors, runs
from services.database import changes, removals
from services.database.tables.library import Document, IndexReplica, Purge, Version
from services.database.tables.runs import Run
from services.database.tables.uploads import Receipt, UploadKey
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import close_ground, ingest_text, open_ground

# Stored as it came: text and original are one file.
TEXT = "The office closes at six.\n\nAsk the porter for a key."


@pytest.fixture
def resources(settings, transactions, lock):
    opened = open_ground(settings, transactions, lock, chunk_index=FakeChunkIndex(), embedder=FakeEmbedder())
    yield opened
    close_ground(opened)


@pytest.fixture
def removed(shelf, resources):
    """A document that was read, kept an upload's answer, and was removed; returns its id."""
    run_id = shelf.add("a.txt", TEXT.encode())
    ingest_text(resources, run_id, TEXT)
    document_id = shelf.version(run_id).document_id
    with resources.transactions.write() as session:
        expires_at = runs.database_now(session) + timedelta(hours=1)
        row = UploadKey(person_id=shelf.company.people["ada"], key_digest="k", body_digest="b")
        row.document_id, row.expires_at = document_id, expires_at
        session.add(row)
    shelf.remove(run_id)
    return document_id


def purge(resources):
    for _ in range(index_repair.SIGHTINGS):
        index_repair.purge_tombstones(resources)


@pytest.fixture
def written(resources):
    """Does the run that writes receipts; returns the one of this document."""

    def write(document_id):
        with resources.transactions.write() as session:
            run_id = runs.request(session, runs.RECEIPTS, "documents", requested_by=None).id
        receipts.write_receipts(run_id, "w1", resources)
        with resources.transactions.read() as session:
            assert session.get_one(Run, run_id).state == "done"
            return session.get(Receipt, document_id)

    return write


def left(receipt):
    return {place for place, check in receipt.checks.items() if check["left"]}


def test_before_the_purge_the_receipt_says_what_is_left(removed, written):
    receipt = written(removed)
    assert left(receipt) == {"text", "vectors", "files"}
    assert receipt.complete_at is None


def test_after_the_purge_it_is_complete(removed, written, resources):
    purge(resources)
    receipt = written(removed)
    assert left(receipt) == set()
    assert receipt.complete_at is not None
    assert receipt.checks["vectors"]["looked_at"] >= 1
    assert receipt.checks["files"] == {"looked_at": 2, "left": 0, "shared": 0}
    with resources.transactions.read() as session:
        assert session.get_one(Document, removed).name == ""
        assert session.get(UploadKey, (None, "k")) is None
        assert removals.without_receipt(session, 10) == []


def test_a_replica_that_has_not_passed_the_removal_holds_it_up(removed, written, resources):
    purge(resources)

    def report(name, position, seen_ago_s=0.0):
        with resources.transactions.write() as session:
            seen_at = runs.database_now(session) - timedelta(seconds=seen_ago_s)
            session.merge(IndexReplica(name=name, position=position, chunks=0, seen_at=seen_at))

    with resources.transactions.read() as session:
        newest = changes.newest_position(session)
    report("api-1", newest)
    report("api-2", newest - 1)
    report("api-that-died", 0, seen_ago_s=600.0)
    receipt = written(removed)
    assert (receipt.checks["lexical"], receipt.complete_at) == ({"looked_at": 2, "left": 1}, None)
    report("api-2", newest)
    assert written(removed).complete_at is not None


def test_bytes_that_another_document_holds_are_not_left_of_this_one(shelf, removed, written, resources):
    ingest_text(resources, shelf.add("copy.txt", TEXT.encode()), TEXT)
    purge(resources)
    receipt = written(removed)
    assert receipt.complete_at is not None
    assert receipt.checks["files"] == {"looked_at": 2, "left": 0, "shared": 2}


def test_vectors_that_are_still_there_hold_it_up(removed, resources):
    with resources.transactions.read() as session:
        before = receipts.look(session, removed, resources)["vectors"]
    assert (before["looked_at"], before["left"]) == (1, 1)


def test_a_purge_that_the_index_did_not_obey_is_not_done(removed, resources, monkeypatch):
    monkeypatch.setattr(resources.chunk_index, "delete", lambda _ids: None)
    with pytest.raises(errors.IndexUnavailable):
        purge(resources)
    with resources.transactions.read() as session:
        version = session.query(Version).filter_by(document_id=removed).one()
        assert session.get_one(Purge, version.id).done_at is None


def test_a_document_that_was_never_read_has_a_complete_receipt_too(shelf, written, resources):
    run_id = shelf.add("a.txt", b"A text.")
    document_id = shelf.version(run_id).document_id
    shelf.remove(run_id)
    purge(resources)
    assert written(document_id).complete_at is not None


def test_while_the_chunk_index_is_down_no_receipt_is_written(removed, resources):
    resources.chunk_index.is_down = True
    with resources.transactions.write() as session:
        run_id = runs.request(session, runs.RECEIPTS, "documents", requested_by=None).id
    receipts.write_receipts(run_id, "w1", resources)
    with resources.transactions.read() as session:
        assert session.get(Receipt, removed) is None
        assert session.get_one(Run, run_id).error_code == "index_unavailable"
