"""A file becomes findable: real parser, embedder and Chroma, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from sqlalchemy import select

from ingestion import index_repair, pipeline
from ingestion.arrays import read_array
from services import errors, runs
from services.database.tables.library import Change, ChunkRow
from services.database.tables.runs import Run
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import ingest_text

pytestmark = pytest.mark.real
HANDBOOK = Path(__file__).parents[3] / "deploy/demo/documents/everyone/employee-handbook.pdf"
TEXT = b"# Office\n\nThe office closes at six.\n\n## Keys\n\nAsk the porter for a key.\n"


def chunks_of(shelf, run_id):
    with shelf.resources.transactions.read() as session:
        query = select(ChunkRow).where(ChunkRow.version_id == shelf.run(run_id).subject)
        return list(session.scalars(query.order_by(ChunkRow.ordinal)))


def test_a_pdf_becomes_findable_with_its_pages(shelf):
    run_id = shelf.add(HANDBOOK.name, HANDBOOK.read_bytes())
    run, version, chunks = shelf.ingest(run_id), shelf.version(run_id), chunks_of(shelf, run_id)
    assert (run.state, run.stage, version.state) == ("done", "publish", "visible")
    assert version.pages > 1
    assert {chunk.first_page for chunk in chunks} <= set(range(1, version.pages + 1))
    text = shelf.resources.files.read_text(version.text_digest)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert set(shelf.resources.chunk_index.all_ids()) == {chunk.id for chunk in chunks}


def test_the_vectors_are_kept_as_they_were_indexed(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf.ingest(run_id)
    chunks = chunks_of(shelf, run_id)
    kept = read_array(shelf.resources.files.read_bytes(shelf.version(run_id).vectors_digest))
    assert kept.shape == (len(chunks), 384)
    nearest, similarity = shelf.resources.chunk_index.search(kept[0], 1)[0]
    assert nearest == chunks[0].id
    assert similarity == pytest.approx(1.0, abs=1e-4)


def test_a_new_version_replaces_the_old_one_which_answers_until_then(shelf):
    first = shelf.add("office.md", TEXT)
    shelf.ingest(first)
    second = shelf.add("office.md", TEXT.replace(b"six", b"seven"))
    assert shelf.visible() == [1]
    shelf.ingest(second)
    assert shelf.visible() == [2]
    assert shelf.version(first).state == "superseded"
    with shelf.resources.transactions.read() as session:
        told = [(change.version_id, change.action) for change in session.scalars(select(Change))]
    assert told[-2:] == [(shelf.run(first).subject, "remove"), (shelf.run(second).subject, "publish")]


def test_a_new_version_that_cannot_be_read_leaves_the_old_one_answering(shelf):
    shelf.ingest(shelf.add("office.pdf", HANDBOOK.read_bytes()))
    broken = shelf.add("office.pdf", b"%PDF-1.7\nnothing that could be read")
    run = shelf.ingest(broken)
    assert (run.state, run.error_code) == ("failed", "corrupt")
    assert shelf.visible() == [1]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "corrupt"),
        ("blank.txt", b" \n \n", "no_text"),
        ("broken.docx", b"PK\x03\x04 torn", "corrupt"),
    ],
)
def test_a_document_that_cannot_be_read_fails_with_its_reason(shelf, name, content, code):
    run_id = shelf.add(name, content)
    run = shelf.ingest(run_id)
    assert (run.state, run.error_code, shelf.version(run_id).state) == ("failed", code, "failed")
    assert run.error_reason
    assert shelf.resources.chunk_index.count() == 0


def test_a_document_that_fails_three_times_is_quarantined(shelf):
    run_id = shelf.add("empty.txt", b"")
    states = []
    for _ in range(3):
        states.append(shelf.ingest(run_id).state)
        with shelf.resources.transactions.write() as session:
            run = session.get_one(Run, run_id)
            if run.state == "failed":
                runs.retry(session, run, nudge=lambda _: None)
    assert states == ["failed", "failed", "quarantined"]
    assert shelf.version(run_id).state == "quarantined"


def test_a_run_that_ended_its_workers_too_often_is_given_up(shelf):
    run_id = shelf.add("office.md", TEXT)
    with shelf.resources.transactions.write() as session:
        session.get_one(Run, run_id).attempts = shelf.resources.settings.ingestion.max_attempts
    run = shelf.ingest(run_id)
    assert (run.state, run.error_code) == ("failed", "limit")


def test_a_duplicate_delivery_leaves(shelf):
    run_id = shelf.add("office.md", TEXT)
    first = shelf.ingest(run_id)
    assert shelf.ingest(run_id).attempts == first.attempts == 1
    assert shelf.resources.chunk_index.count() == len(chunks_of(shelf, run_id))


def test_two_deliveries_at_once_are_done_once(shelf):
    run_id = shelf.add("office.md", TEXT)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: shelf.ingest(run_id), range(2)))
    run = shelf.run(run_id)
    assert (run.state, run.attempts) == ("done", 1)


def test_the_same_work_again_makes_no_second_chunk(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf.ingest(run_id)
    before = [chunk.id for chunk in chunks_of(shelf, run_id)]
    with shelf.resources.transactions.write() as session:
        session.get_one(Run, run_id).state = "waiting"
    shelf.ingest(run_id)
    assert [chunk.id for chunk in chunks_of(shelf, run_id)] == before
    assert sorted(shelf.resources.chunk_index.all_ids()) == sorted(before)


class Interrupting(FakeChunkIndex):
    """A chunk index at which something happens just before the vectors arrive."""

    def __init__(self, happens):
        super().__init__()
        self.happens = happens

    def upsert(self, ids, vectors, scope):
        self.happens()
        super().upsert(ids, vectors, scope)


def interrupted(shelf, happens):
    index = Interrupting(happens)
    return replace(shelf, resources=replace(shelf.resources, chunk_index=index, embedder=FakeEmbedder()))


def test_what_is_removed_while_it_is_read_is_never_visible_and_its_vectors_are_purged(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf = interrupted(shelf, lambda: shelf.remove(run_id))
    assert shelf.ingest(run_id).state == "cancelled"
    assert shelf.visible() == []
    assert shelf.resources.chunk_index.count() > 0
    for _ in range(index_repair.SIGHTINGS):
        index_repair.make_equal(shelf.resources)
        index_repair.purge_tombstones(shelf.resources)
    assert shelf.resources.chunk_index.count() == 0
    assert list(shelf.resources.files.digests()) == []


def test_a_worker_that_was_overtaken_publishes_nothing(shelf, claim_elsewhere):
    run_id = shelf.add("office.md", TEXT)
    shelf = interrupted(shelf, lambda: claim_elsewhere(run_id))
    run = shelf.ingest(run_id)
    assert (run.state, run.worker) == ("running", "w2")
    assert shelf.visible() == []


def test_two_versions_published_at_once_leave_the_newer_one(shelf):
    sent = [shelf.add("office.md", TEXT + str(number).encode()) for number in range(2)]
    together = Barrier(2)
    quick = interrupted(shelf, together.wait)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda run_id: ingest_text(quick.resources, run_id, "A text."), sent))
    assert done == [None, None]
    assert shelf.visible() == [2]


def test_chroma_down_hands_the_run_back_and_later_it_is_done(shelf):
    down = FakeChunkIndex()
    down.is_down = True
    run_id = shelf.add("office.md", TEXT)
    waiting = replace(shelf, resources=replace(shelf.resources, chunk_index=down)).ingest(run_id)
    assert (waiting.state, waiting.error_code, waiting.failures) == ("waiting", "index_unavailable", 0)
    assert shelf.version(run_id).state == "waiting"
    assert shelf.ingest(run_id).state == "done"


def test_an_index_that_keeps_not_everything_is_not_believed(shelf):
    class Forgetful(FakeChunkIndex):
        def upsert(self, ids, vectors, scope):
            super().upsert(ids[1:], vectors[1:], scope)

    run_id = shelf.add("office.md", TEXT)
    run = replace(shelf, resources=replace(shelf.resources, chunk_index=Forgetful())).ingest(run_id)
    assert (run.state, run.error_code) == ("waiting", "index_unavailable")
    assert shelf.visible() == []


class Refusing(FakeEmbedder):
    def embed(self, texts, on_done=None):
        raise AssertionError("nothing is embedded again")


def test_a_wiped_index_is_restored_without_parsing_or_embedding(shelf, monkeypatch):
    run_id = shelf.add("office.md", TEXT)
    shelf.ingest(run_id)
    index = shelf.resources.chunk_index
    before = dict(index.entries())
    vector = read_array(shelf.resources.files.read_bytes(shelf.version(run_id).vectors_digest))[0]
    nearest = index.search(vector, 1)[0][0]
    index.delete(list(before))
    monkeypatch.setattr(pipeline.parsing, "parse_file", pytest.fail)
    repaired = index_repair.make_equal(replace(shelf.resources, embedder=Refusing()))
    assert (repaired.restored, repaired.removed) == (len(before), 0)
    assert dict(index.entries()) == before
    assert index.search(vector, 1)[0][0] == nearest


def test_vectors_that_nobody_knows_are_taken_out(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf.ingest(run_id)
    index = shelf.resources.chunk_index
    index.upsert(["f" * 64], np.ones((1, 384), dtype=np.float32), 1)
    assert index_repair.make_equal(shelf.resources).removed == 1
    assert set(index.all_ids()) == {chunk.id for chunk in chunks_of(shelf, run_id)}


def test_vectors_that_a_worker_is_bringing_are_left(shelf):
    run_id = shelf.add("office.md", TEXT)
    repaired = []
    happening = interrupted(shelf, lambda: repaired.append(index_repair.make_equal(happening.resources)))
    assert happening.ingest(run_id).state == "done"
    assert [found.removed for found in repaired] == [0]


def test_a_document_with_other_readers_gets_its_new_scope(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf.ingest(run_id)
    scope = shelf.narrow(run_id, "staff")
    assert index_repair.make_equal(shelf.resources).rescoped == len(chunks_of(shelf, run_id))
    assert {found for _id, found in shelf.resources.chunk_index.entries()} == {scope}


def test_a_lost_vectors_file_stops_no_other_repair(shelf):
    lost, kept = shelf.add("a.md", TEXT), shelf.add("b.md", TEXT + b"\nMore.")
    for run_id in (lost, kept):
        shelf.ingest(run_id)
    index = shelf.resources.chunk_index
    index.delete(list(index.all_ids()))
    shelf.resources.files.delete(shelf.version(lost).vectors_digest)
    index_repair.make_equal(shelf.resources)
    assert set(index.all_ids()) == {chunk.id for chunk in chunks_of(shelf, kept)}


def test_a_file_that_is_gone_is_a_clear_failure(shelf):
    run_id = shelf.add("office.md", TEXT)
    shelf.resources.files.delete(shelf.version(run_id).file_digest)
    run = shelf.ingest(run_id)
    assert run.state == "failed"
    assert run.error_code in ("corrupt", "document_unreadable")


def test_a_document_removed_while_it_fails_is_no_failure_of_the_worker(shelf, monkeypatch):
    run_id = shelf.add("office.md", TEXT)

    def removed_then_unreadable(*_arguments):
        shelf.remove(run_id)
        raise errors.DocumentCorrupt

    monkeypatch.setattr(pipeline.parsing, "parse_file", removed_then_unreadable)
    assert shelf.ingest(run_id).state == "cancelled"
