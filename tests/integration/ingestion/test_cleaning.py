"""Orphaned files go, and nothing that is named, young or just wanted again goes with them."""

import os
import time
from datetime import timedelta

import pytest

from ingestion import cleaning, index_repair
from services import runs
from services.database.tables.runs import Run
from services.database.tables.uploads import UploadKey
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import close_ground, ingest_text, open_ground

LONG_AGO = 3 * 24 * 3600


@pytest.fixture
def resources(settings, transactions, lock):
    opened = open_ground(settings, transactions, lock, chunk_index=FakeChunkIndex(), embedder=FakeEmbedder())
    yield opened
    close_ground(opened)


@pytest.fixture
def age(resources):
    """Makes every stored file as old as if it had been written days ago."""

    def make():
        long_ago = time.time() - LONG_AGO
        for digest, _written in list(resources.files.digests()):
            os.utime(resources.files.path(digest), (long_ago, long_ago))

    return make


def stored(resources):
    return {digest for digest, _written in resources.files.digests()}


def test_a_file_that_nothing_names_is_removed_once_it_is_old(resources, age):
    orphan = resources.files.save_bytes(b"left by a worker that died")
    assert cleaning.take_away(resources).files == 0
    age()
    assert cleaning.take_away(resources).files == 1
    assert orphan not in stored(resources)


def test_what_a_document_names_stays(shelf, resources, age):
    first = shelf.add("a.txt", b"Old.")
    ingest_text(resources, first, "Old.")
    ingest_text(resources, shelf.add("a.txt", b"New."), "New.")
    shelf.add("waiting.txt", b"Waiting.")
    before = stored(resources)
    age()
    assert cleaning.take_away(resources).files == 0
    assert stored(resources) == before


def test_what_a_removed_document_left_after_its_purge_goes(shelf, resources, age):
    run_id = shelf.add("a.txt", b"A text.")
    ingest_text(resources, run_id, "A text.")
    digest = shelf.version(run_id).file_digest
    shelf.remove(run_id)
    age()
    assert cleaning.take_away(resources).files == 0  # the purge is still to come
    for _ in range(index_repair.SIGHTINGS):
        index_repair.purge_tombstones(resources)
    resources.files.save_bytes(b"A text.")  # as a worker does that had not heard of it
    age()
    assert cleaning.take_away(resources).files == 1
    assert digest not in stored(resources)


def test_a_file_that_is_wanted_again_is_young_again(resources, age):
    orphan = resources.files.save_bytes(b"text")
    age()
    resources.files.save_bytes(b"text")
    assert cleaning.take_away(resources).files == 0
    assert orphan in stored(resources)


def test_an_upload_between_the_two_looks_keeps_its_file(shelf, resources, age):
    orphan = resources.files.save_bytes(b"A text.")
    age()
    before = time.time() - LONG_AGO / 2
    (found,) = cleaning._old_files(before, resources)
    shelf.add("a.txt", b"A text.")
    age()
    assert cleaning._remove_unnamed(found, before, resources) == 0
    assert orphan in stored(resources)


def test_what_began_to_arrive_and_never_did_is_thrown_away(resources):
    left = resources.files.incoming / "tmp-of-a-killed-api"
    left.write_bytes(b"half")
    fresh = resources.files.incoming / "tmp-of-a-living-api"
    fresh.write_bytes(b"half")
    long_ago = time.time() - LONG_AGO
    os.utime(left, (long_ago, long_ago))
    assert cleaning.take_away(resources).incoming == 1
    assert (left.exists(), fresh.exists()) == (False, True)


def test_expired_upload_keys_go(shelf, resources):
    person = shelf.company.people["ada"]
    with resources.transactions.write() as session:
        moment = runs.database_now(session)
        for number, hours in enumerate((-1, 1)):
            expires_at = moment + timedelta(hours=hours)
            session.add(
                UploadKey(person_id=person, key_digest=str(number), body_digest="", expires_at=expires_at)
            )
    assert cleaning.take_away(resources).keys == 1


def test_a_cleanup_is_a_run_that_is_done_once(resources):
    with resources.transactions.write() as session:
        run_id = runs.request(session, runs.CLEANUP, "files", requested_by=None).id
    cleaning.clean_up(run_id, "w1", resources)
    cleaning.clean_up(run_id, "w2", resources)
    with resources.transactions.read() as session:
        run = session.get_one(Run, run_id)
    assert (run.state, run.worker) == ("done", "w1")
