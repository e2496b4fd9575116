"""Small files done together: one turn of a worker, yet each fails, is removed and is published alone."""

import os
import signal
from dataclasses import replace

import pytest
from sqlalchemy import select

from ingestion import pipeline
from ingestion.reading.limits import ParseLimits
from services import errors
from services.database.tables.library import ChunkRow
from services.database.tables.runs import Run
from tests.fakes import FakeChunkIndex, FakeEmbedder

pytestmark = pytest.mark.real


def text(number):
    return f"# Room {number}\n\nRoom {number} seats {number} people.\n".encode()


@pytest.fixture
def six(shelf):
    return [shelf.add(f"room-{number}.md", text(number)) for number in range(6)]


def quick(shelf, **parts):
    return replace(shelf, resources=replace(shelf.resources, **{"embedder": FakeEmbedder()} | parts))


def next_turn(shelf):
    pipeline.ingest_next("w1", shelf.resources)


def states(shelf, run_ids):
    return [shelf.run(run_id).state for run_id in run_ids]


class Counting(FakeChunkIndex):
    """A chunk index that keeps how many vectors each call brought, and may be interrupted by one."""

    def __init__(self, happens=lambda: None):
        super().__init__()
        self.calls = []
        self.happens = happens

    def upsert(self, ids, vectors, scope):
        self.calls.append(len(ids))
        self.happens()
        super().upsert(ids, vectors, scope)


def test_one_turn_makes_all_of_them_findable(shelf, six):
    next_turn(shelf)
    assert states(shelf, six) == ["done"] * 6
    with shelf.resources.transactions.read() as session:
        rows = list(session.scalars(select(ChunkRow)))
    assert {row.text for row in rows} == {
        f"Room {number}\n\nRoom {number} seats {number} people." for number in range(6)
    }
    assert sorted(shelf.resources.chunk_index.all_ids()) == sorted(row.id for row in rows)
    fences = {shelf.run(run_id).fence for run_id in six}
    assert fences == {1}


def test_they_reach_the_index_in_one_call(shelf, six):
    index = Counting()
    next_turn(quick(shelf, chunk_index=index))
    assert index.calls == [6]


def test_each_gets_the_vectors_of_its_own_text(shelf, six):
    shelf = quick(shelf)
    next_turn(shelf)
    for number, run_id in enumerate(six):
        wanted = shelf.resources.embedder.embed_question(
            f"Room {number}\n\nRoom {number} seats {number} people."
        )
        nearest, similarity = shelf.resources.chunk_index.search(wanted, 1)[0]
        with shelf.resources.transactions.read() as session:
            assert session.get_one(ChunkRow, nearest).version_id == shelf.run(run_id).subject
        assert similarity == pytest.approx(1.0, abs=1e-4)


def test_one_that_cannot_be_read_fails_alone(shelf, six):
    broken = shelf.add("broken.md", b"")
    next_turn(quick(shelf))
    assert states(shelf, six) == ["done"] * 6
    assert shelf.run(broken).state == "failed"


def test_one_that_is_removed_meanwhile_is_left_out(shelf, six):
    index = Counting(lambda: shelf.remove(six[2]))
    next_turn(quick(shelf, chunk_index=index))
    assert states(shelf, six) == ["done", "done", "cancelled", "done", "done", "done"]
    assert len(shelf.visible()) == 5


def test_one_that_another_worker_took_is_left_to_it(shelf, six, claim_elsewhere):
    index = Counting(lambda: claim_elsewhere(six[0]))
    next_turn(quick(shelf, chunk_index=index))
    assert (shelf.run(six[0]).state, shelf.run(six[0]).worker) == ("running", "w2")
    assert states(shelf, six[1:]) == ["done"] * 5


def test_a_part_that_is_down_hands_all_of_them_back(shelf, six):
    down = FakeChunkIndex()
    down.is_down = True
    next_turn(quick(shelf, chunk_index=down))
    assert states(shelf, six) == ["waiting"] * 6
    assert {shelf.run(run_id).attempts for run_id in six} == {0}
    assert shelf.visible() == []


def test_what_was_tried_before_is_done_alone(shelf, six):
    with shelf.resources.transactions.write() as session:
        session.get_one(Run, six[0]).attempts = 1
        session.get_one(Run, six[3]).attempts = 1
    shelf = quick(shelf)
    next_turn(shelf)
    assert states(shelf, six) == ["done", *["waiting"] * 5]
    next_turn(shelf)
    assert states(shelf, six) == ["done", "done", "done", "waiting", "done", "done"]


def test_no_more_bytes_than_a_turn_may_take(shelf, six):
    settings = shelf.resources.settings
    size = len(text(0))
    narrow = settings.ingestion.model_copy(update={"together_bytes": size * 4})
    shelf = quick(shelf, settings=settings.model_copy(update={"ingestion": narrow}))
    next_turn(shelf)
    assert states(shelf, six) == [*["done"] * 4, "waiting", "waiting"]


def test_a_large_file_is_done_alone(shelf, six):
    large = shelf.add("large.md", b"word " * 40_000, bulk=None)
    shelf = quick(shelf)
    next_turn(shelf)
    assert states(shelf, six) == ["done"] * 6
    assert shelf.run(large).state == "waiting"
    next_turn(shelf)
    assert shelf.run(large).state == "done"


def test_a_parser_killed_among_several_is_started_for_each(shelf, six, monkeypatch):
    started = []
    together = pipeline.parsing.parse_many

    def killed(documents, limits: ParseLimits):
        verdicts = together(documents, limits)
        yield next(verdicts)
        child = verdicts.gi_frame.f_locals["child"]
        started.append(child.process.pid)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        yield from verdicts

    monkeypatch.setattr(pipeline.parsing, "parse_many", killed)
    next_turn(quick(shelf))
    assert len(started) == 1
    assert states(shelf, six) == ["done"] * 6


def test_a_file_over_the_quick_limits_is_read_after_the_others_with_its_own(shelf, six, monkeypatch):
    read_alone = []
    together, alone = pipeline.parsing.parse_many, pipeline.parsing.parse_file

    def hurried(documents, limits):
        yield errors.DocumentOverLimit("It took too long.")
        next(verdicts := together(documents, limits))
        yield from verdicts

    def patient(path, media_type, limits, *more):
        read_alone.append((states(shelf, six), limits.wall_s))
        return alone(path, media_type, limits, *more)

    monkeypatch.setattr(pipeline.parsing, "parse_many", hurried)
    monkeypatch.setattr(pipeline.parsing, "parse_file", patient)
    next_turn(quick(shelf))
    assert read_alone == [(["running", *["done"] * 5], shelf.resources.settings.ingestion.parse_wall_s)]
    assert states(shelf, six) == ["done"] * 6
