"""A second generation beside the live one: built, compared, switched to, returned from, dropped."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from ingestion import generation_build, generation_comparison, index_repair
from services import errors, generations, runs
from services.adapters.vector_file import read_array
from services.database.tables.generations import KEPT, LIVE, READY, GenerationVersion, IndexGeneration
from services.database.tables.library import ChunkRow, Version
from services.database.tables.runs import DONE, Run
from services.retrieval import follow
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import close_ground, ingest_text, open_ground


class MirroredEmbedder(FakeEmbedder):
    """Another embedder: the same words at other places."""

    def embed(self, texts, on_done=None):
        return np.ascontiguousarray(super().embed(texts, on_done)[:, ::-1])


@pytest.fixture
def resources(settings, transactions, lock):
    opened = open_ground(settings, transactions, lock, chunk_index=FakeChunkIndex(), embedder=FakeEmbedder())
    with opened.transactions.write() as session:
        generations.note(session, lock)
    yield opened
    close_ground(opened)


@pytest.fixture
def other(resources, lock):
    """The same installation under a lock that names another embedder."""
    files = {"model.safetensors": next(iter(lock.embedder.files.values()))}
    under = replace(lock, embedder=replace(lock.embedder, files=files))
    return replace(resources, lock=under, embedder=MirroredEmbedder(), chunk_index=FakeChunkIndex())


@pytest.fixture
def filled(shelf):
    for name, text in (
        ("travel.txt", "Hotels cost at most 120 euro."),
        ("leave.txt", "Leave is thirty days."),
    ):
        ingest_text(shelf.resources, shelf.add(name, text.encode()), text)
    return shelf


def states(resources):
    with resources.transactions.read() as session:
        return {one.name: one.state for one in generations.every(session)}


def switch(resources, name):
    with resources.transactions.write() as session:
        generations.switch(session, name, resources.files)


def stored(resources):
    """What the live generation's rows say: chunk ids and the first stored vector of each version."""
    with resources.transactions.read() as session:
        rows = session.execute(select(ChunkRow.id, Version.vectors_digest).join(ChunkRow.version))
        return {chunk: read_array(resources.files.read_bytes(digest))[0].tolist() for chunk, digest in rows}


def test_a_second_generation_is_built_switched_to_and_returned_from(filled, other):
    resources = filled.resources
    before = stored(resources)
    assert generation_build.build(other) == 2
    assert states(resources) == {resources.lock.generation: LIVE, other.lock.generation: READY}
    assert other.chunk_index.rows.keys() == resources.chunk_index.rows.keys()
    assert stored(resources) == before

    switch(resources, other.lock.generation)
    after = stored(resources)
    assert after.keys() == before.keys()
    assert all(after[chunk] == before[chunk][::-1] for chunk in before)
    assert states(resources) == {resources.lock.generation: KEPT, other.lock.generation: LIVE}
    with pytest.raises(errors.IndexUnavailable):
        follow.catch_up(resources)

    switch(resources, resources.lock.generation)
    assert stored(resources) == before


def test_what_is_published_meanwhile_is_missing_until_it_is_built(filled, other):
    generation_build.build(other)
    text = "Trains are refunded."
    ingest_text(filled.resources, filled.add("train.txt", text.encode()), text)
    with pytest.raises(errors.Conflict, match="lacks 1"):
        switch(filled.resources, other.lock.generation)
    assert generation_build.build(other) == 1
    switch(filled.resources, other.lock.generation)


def test_another_chunker_reads_the_files_again(filled, other, monkeypatch):
    monkeypatch.setattr(generation_build.worker_process, "require_versions", lambda _lock: None)
    ingestion = replace(other.lock.ingestion, chunker="another")
    anew = replace(other, lock=replace(other.lock, ingestion=ingestion))
    assert generation_build.build(anew) == 2
    switch(filled.resources, anew.lock.generation)
    with filled.resources.transactions.read() as session:
        assert set(session.scalars(select(Version.chunker))) == {"another"}
        assert session.query(ChunkRow).count() == 2


def test_a_build_shows_itself_as_a_run(filled, other):
    generation_build.build(other)
    with filled.resources.transactions.read() as session:
        run = session.scalars(select(Run).where(Run.kind == generation_build.KIND)).one()
        assert (run.state, run.subject, run.stage, run.total) == (DONE, other.lock.generation, "build", 2)


def test_the_live_generation_is_not_built_or_dropped(filled):
    with pytest.raises(errors.Conflict, match="live"):
        generation_build.build(filled.resources)
    with filled.resources.transactions.write() as session, pytest.raises(errors.Conflict):
        generations.drop(session, filled.resources.lock.generation)


def test_a_dropped_generation_leaves_nothing(filled, other):
    generation_build.build(other)
    with filled.resources.transactions.write() as session:
        generations.drop(session, other.lock.generation)
    with filled.resources.transactions.read() as session:
        assert session.query(GenerationVersion).count() == 0
        assert session.query(IndexGeneration).count() == 1


def test_generations_are_compared_on_questions(filled, other, tmp_path):
    generation_build.build(other)
    questions = tmp_path / "questions.jsonl"
    rows = [{"question": "What may hotels cost?", "document": "travel.txt"}]
    questions.write_text("\n".join(json.dumps(row) for row in rows))
    found = generation_comparison.compare(filled.resources, other, questions)
    assert found["ndcg10"] == {"live": 1.0, "other": 1.0}
    assert (found["questions"], found["gain"], found["won"], found["lost"]) == (1, 0.0, 0, 0)
    with filled.resources.transactions.read() as session:
        assert session.get_one(IndexGeneration, other.lock.generation).comparison == found
    questions.write_text(json.dumps({"question": "x", "document": "nowhere"}))
    with pytest.raises(errors.InvalidRequest, match="line 1"):
        generation_comparison.compare(filled.resources, other, questions)


def test_a_rebuild_fills_the_chunk_index_by_copying(filled):
    resources = filled.resources
    before = set(resources.chunk_index.rows)
    resources.chunk_index.rows = {"stray": (np.zeros(384, np.float32), 1)}
    with resources.transactions.write() as session:
        run = runs.request(
            session, runs.REPAIR, "index", requested_by=None, payload={index_repair.REBUILD: True}
        )
    index_repair.repair(run.id, "w1", resources)
    assert set(resources.chunk_index.rows) == before
    with resources.transactions.read() as session:
        generation = session.get_one(IndexGeneration, resources.lock.generation)
        assert generation.checked_chunks == len(before)
        assert generation.checked_mark == generations.mark_of(before)
