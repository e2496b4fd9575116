import pytest
from sqlalchemy import select

from services import errors, generations
from services.database import changes
from services.database.tables.generations import LIVE, IndexGeneration
from services.database.tables.library import ChunkRow, IndexReplica
from services.retrieval import follow
from services.retrieval.replicas import Replica
from services.retrieval.search import find_passages


@pytest.fixture
def shelf(library):
    library.add(library.collection("shelf", "everyone"), "a.md", ["travel by train", "travel by bus"])
    with library.resources.transactions.write() as session:
        generations.note(session, library.resources.lock)
    follow.catch_up(library.resources)
    follow.catch_up_vectors(library.resources)
    return library


def check(library):
    with library.resources.transactions.write() as session:
        ids = list(session.scalars(select(ChunkRow.id)))
        generations.checked(session, "first", changes.newest_position(session), ids)


def held(library):
    resources = library.resources
    return {(index.count(), index.mark()) for index in (resources.lexical, resources.vectors)}


def test_equal_sets_of_chunks_have_equal_marks(shelf):
    with shelf.resources.transactions.read() as session:
        ids = list(session.scalars(select(ChunkRow.id)))
    assert held(shelf) == {(2, generations.mark_of(ids))}


@pytest.mark.parametrize("wrong", ["lexical", "vectors"])
def test_an_index_that_lost_a_chunk_is_made_anew(shelf, wrong):
    check(shelf)
    index = getattr(shelf.resources, wrong)
    with shelf.resources.transactions.read() as session:
        version = session.query(ChunkRow).first().version_id
    position = index.position()
    index.remove_version(version)
    index.commit(position)
    assert len(held(shelf)) == 2
    Replica(shelf.resources).compare()
    assert len(held(shelf)) == 1


def test_what_cannot_be_made_right_is_tried_once(shelf, monkeypatch):
    check(shelf)
    with shelf.resources.transactions.write() as session:
        session.query(IndexGeneration).one().checked_chunks = 99
    made = []
    monkeypatch.setattr(follow, "read_words_anew", lambda _resources: made.append("lexical"))
    monkeypatch.setattr(follow, "read_vectors_anew", lambda _resources: made.append("vectors"))
    replica = Replica(shelf.resources)
    replica.compare()
    replica.compare()
    assert made == ["lexical", "vectors"]


def test_a_rebuild_that_was_asked_for_is_done_once(shelf, monkeypatch):
    made = []
    monkeypatch.setattr(follow, "read_words_anew", lambda _resources: made.append("lexical"))
    monkeypatch.setattr(follow, "read_vectors_anew", lambda _resources: made.append("vectors"))
    with shelf.resources.transactions.write() as session:
        generations.ask_for_rebuild(session)
    for _start in range(2):
        Replica(shelf.resources).compare()
    assert made == ["lexical", "vectors"]


def test_a_replica_says_what_it_holds(shelf):
    replica = Replica(shelf.resources)
    replica.report_in_time()
    with shelf.resources.transactions.read() as session:
        row = session.query(IndexReplica).one()
        assert (row.generation, row.position, row.chunks) == ("first", 1, 2)
        assert {(row.chunks, row.mark)} == held(shelf)
    replica.leave()
    with shelf.resources.transactions.read() as session:
        assert session.query(IndexReplica).count() == 0


def test_the_first_generation_is_noted_as_live(library):
    Replica(library.resources).report_in_time()
    with library.resources.transactions.read() as session:
        assert session.query(IndexGeneration).one().state == LIVE


def test_under_another_live_generation_nobody_gets_an_answer(shelf):
    with shelf.resources.transactions.write() as session:
        session.query(IndexGeneration).one().name = "second"
    with pytest.raises(errors.IndexUnavailable, match="its release's lock"):
        find_passages(shelf.caller("everyone"), "travel", shelf.resources)
    with pytest.raises(errors.IndexUnavailable):
        follow.catch_up(shelf.resources)
