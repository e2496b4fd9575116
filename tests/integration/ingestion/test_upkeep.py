"""Upkeep decides what is due and sends it; it holds nothing, so any number of it may look at any moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ingestion import index_repair, upkeep
from services import errors, runs
from services.adapters.job_queue import CLEANUP_TASK, INGEST_TASK, RECEIPTS_TASK, REPAIR_TASK
from services.database.tables.library import Purge
from services.database.tables.runs import Run
from services.settings import Ingestion
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import close_ground, ingest_text, open_ground

AT_ONCE = Ingestion(resend_after_s=-2.0, purge_every_s=-2.0)
IN_TIME = Ingestion()


@pytest.fixture
def resources(settings, transactions, lock):
    """Fakes for Chroma and the embedder: upkeep never asks either."""
    opened = open_ground(settings, transactions, lock, chunk_index=FakeChunkIndex(), embedder=FakeEmbedder())
    yield opened
    close_ground(opened)


def look(resources, settings=IN_TIME):
    """Look once; returns what was sent."""
    resources.queue.sent.clear()
    upkeep.look(resources.transactions, resources.queue, settings)
    return list(resources.queue.sent)


def repairs(resources):
    with resources.transactions.read() as session:
        return list(session.scalars(select(Run).where(Run.kind == runs.REPAIR).order_by(Run.created_at)))


def repair_all(resources):
    for run in repairs(resources):
        index_repair.repair(run.id, "w1", resources)


def test_the_first_look_requests_a_comparison_of_the_index_and_a_cleanup(resources):
    tasks = [task for task, _run_id in look(resources)]
    assert sorted(tasks) == sorted([REPAIR_TASK, CLEANUP_TASK])
    assert look(resources) == []


def test_a_run_that_no_queue_heard_of_is_sent(shelf):
    shelf.resources.queue.is_down = True
    run_id = shelf.add("a.txt", b"A text.")
    shelf.resources.queue.is_down = False
    assert (INGEST_TASK, run_id) in look(shelf.resources, AT_ONCE)


def test_a_lost_nudge_is_replaced_at_the_next_look(shelf):
    run_id = shelf.add("a.txt", b"A text.")
    assert (INGEST_TASK, run_id) in look(shelf.resources)
    assert (INGEST_TASK, run_id) in look(shelf.resources)


def test_nudges_that_lie_in_the_queue_are_not_sent_again(shelf):
    shelf.add("a.txt", b"A text.")
    upkeep.look(shelf.resources.transactions, shelf.resources.queue, IN_TIME)
    before = list(shelf.resources.queue.sent)
    upkeep.look(shelf.resources.transactions, shelf.resources.queue, IN_TIME)
    assert shelf.resources.queue.sent == before


def test_however_many_runs_wait_the_queue_stays_short(shelf):
    resources = shelf.resources
    with resources.transactions.write() as session:
        for number in range(upkeep.NUDGES_AHEAD + 50):
            runs.request(session, runs.INGEST, f"v{number}", requested_by=None)
    for _ in range(3):
        upkeep.look(resources.transactions, resources.queue, AT_ONCE)
    nudges = [task for task, _run_id in resources.queue.sent if task == INGEST_TASK]
    assert len(nudges) <= upkeep.NUDGES_AHEAD


def test_what_is_paused_is_not_sent(shelf):
    run_id = shelf.add("a.txt", b"A text.")
    with shelf.resources.transactions.write() as session:
        runs.pause(session, Run.id == run_id)
    assert (INGEST_TASK, run_id) not in look(shelf.resources, AT_ONCE)


def test_a_run_whose_worker_died_is_sent_once_its_lease_has_ended(shelf):
    run_id = shelf.add("a.txt", b"A text.")
    with shelf.resources.transactions.write() as session:
        runs.claim(session, run_id, worker="w1", lease_s=60.0)
    assert (INGEST_TASK, run_id) not in look(shelf.resources, AT_ONCE)
    with shelf.resources.transactions.write() as session:
        past = runs.database_now(session) - timedelta(seconds=5)
        session.execute(update(Run).where(Run.id == run_id).values(lease_until=past))
    assert (INGEST_TASK, run_id) in look(shelf.resources, AT_ONCE)


def test_a_queue_that_is_down_loses_nothing(shelf):
    run_id = shelf.add("a.txt", b"A text.")
    shelf.resources.queue.is_down = True
    with pytest.raises(errors.QueueUnavailable):
        look(shelf.resources)
    shelf.resources.queue.is_down = False
    assert (INGEST_TASK, run_id) in look(shelf.resources, AT_ONCE)


def test_one_comparison_at_a_time(resources):
    look(resources)
    look(resources, Ingestion(compare_every_s=-2.0))
    assert len(repairs(resources)) == 1


def test_the_next_comparison_comes_when_it_is_time(resources):
    look(resources)
    repair_all(resources)
    look(resources)
    assert len(repairs(resources)) == 1
    look(resources, Ingestion(compare_every_s=-2.0))
    assert len(repairs(resources)) == 2


def test_what_was_removed_is_purged_sooner_and_at_its_second_sighting(shelf):
    resources = shelf.resources
    run_id = shelf.add("a.txt", b"A text.")
    ingest_text(resources, run_id, "A text.")
    shelf.remove(run_id)
    for cleared in (False, True):
        look(resources, AT_ONCE)
        repair_all(resources)
        with resources.transactions.read() as session:
            purge = session.scalars(select(Purge)).one()
        assert (purge.done_at is not None) == cleared
    assert resources.chunk_index.count() == 0
    assert list(resources.files.digests()) == []
    look(resources, AT_ONCE)
    assert len(repairs(resources)) == 2


def test_receipts_are_written_while_one_is_due(shelf):
    resources = shelf.resources
    assert RECEIPTS_TASK not in [task for task, _run_id in look(resources, AT_ONCE)]
    shelf.remove(shelf.add("a.txt", b"A text."))
    assert RECEIPTS_TASK in [task for task, _run_id in look(resources, AT_ONCE)]


def test_a_file_that_another_document_shares_is_kept(shelf):
    resources = shelf.resources
    removed, kept = shelf.add("a.txt", b"A text."), shelf.add("b.txt", b"A text.")
    for run_id in (removed, kept):
        ingest_text(resources, run_id, "A text.")
    shelf.remove(removed)
    for _ in range(index_repair.SIGHTINGS):
        index_repair.purge_tombstones(resources)
    version = shelf.version(kept)
    assert resources.files.read_bytes(version.file_digest) == b"A text."
    assert resources.files.read_text(version.text_digest) == "A text."


def test_an_older_version_keeps_its_text_for_the_answers_that_cite_it(shelf):
    resources = shelf.resources
    first = shelf.add("a.txt", b"Old.")
    ingest_text(resources, first, "Old.")
    ingest_text(resources, shelf.add("a.txt", b"New."), "New.")
    for _ in range(index_repair.SIGHTINGS):
        index_repair.purge_tombstones(resources)
    assert resources.files.read_text(shelf.version(first).text_digest) == "Old."
    assert resources.chunk_index.count() == 1


def test_a_repair_while_chroma_is_down_waits(resources):
    look(resources)
    resources.chunk_index.is_down = True
    repair_all(resources)
    run = repairs(resources)[0]
    assert (run.state, run.error_code) == ("waiting", "index_unavailable")
    resources.chunk_index.is_down = False
    repair_all(resources)
    assert repairs(resources)[0].state == "done"
