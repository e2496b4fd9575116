"""What every chunk index promises, the fake one and the real one on a Chroma server."""

import itertools
import shutil

import httpx
import numpy as np
import pytest

from services import errors
from services.adapters.chroma import ChunkIndex
from tests.chroma_server import free_port, running_chroma
from tests.fakes import FakeChunkIndex

GENERATIONS = itertools.count()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory):
    with running_chroma(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
def index(request):
    if request.param == "fake":
        yield FakeChunkIndex()
        return
    index = request.getfixturevalue("chroma").index(f"g{next(GENERATIONS)}")
    yield index
    index.close()


def vectors(count, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def names(count):
    return [f"chunk-{number}" for number in range(count)]


def test_nearest_first_with_cosine_similarity(index):
    drawn = vectors(20)
    index.upsert(names(20), drawn, 1)
    found = index.search(drawn[7], 3)
    assert found[0] == ("chunk-7", pytest.approx(1.0, abs=1e-5))
    assert len(found) == 3
    assert found[1][1] == pytest.approx(float(np.sort(drawn @ drawn[7])[-2]), abs=1e-5)


def test_search_keeps_to_the_scopes(index):
    drawn = vectors(10)
    index.upsert(names(10)[:5], drawn[:5], 1)
    index.upsert(names(10)[5:], drawn[5:], 2)
    assert {chunk_id for chunk_id, _ in index.search(drawn[0], 10, {2})} == set(names(10)[5:])


def test_named_chunks_are_judged(index):
    drawn = vectors(5)
    index.upsert(names(5), drawn, 1)
    found = index.similarities(drawn[0], ["chunk-3", "chunk-0", "unknown"])
    assert found == {"chunk-0": pytest.approx(1.0), "chunk-3": pytest.approx(drawn[3] @ drawn[0], abs=1e-5)}
    assert index.similarities(drawn[0], []) == {}


def test_a_cleared_index_is_empty_and_takes_new_vectors(index):
    index.upsert(names(3), vectors(3), 1)
    index.drop_generation("never-made")
    assert index.count() == 3
    index.clear()
    assert index.count() == 0
    index.upsert(names(2), vectors(2), 1)
    assert index.count() == 2


def test_no_scope_finds_nothing(index):
    index.upsert(names(2), vectors(2), 1)
    assert index.search(vectors(2)[0], 5, frozenset()) == []


def test_thousands_of_scopes_are_allowed(index):
    index.upsert(names(2), vectors(2), 1200)
    assert len(index.search(vectors(2)[0], 5, range(3000))) == 2


def test_an_empty_index_finds_nothing(index):
    assert index.search(vectors(1)[0], 5) == []
    assert index.search(vectors(1)[0], 5, {1}) == []


def test_the_same_upsert_twice_leaves_one_chunk(index):
    index.upsert(names(3), vectors(3), 1)
    index.upsert(names(3), vectors(3), 1)
    assert index.count() == 3


def test_more_than_one_batch_is_written_whole(index):
    index.upsert(names(1100), vectors(1100), 4)
    assert set(index.all_ids()) == set(names(1100))
    assert index.existing([*names(1100), "unknown"]) == set(names(1100))


def test_entries_tell_each_scope(index):
    index.upsert(["a"], vectors(1), 1)
    index.upsert(["b"], vectors(1), 2)
    assert dict(index.entries(page=1)) == {"a": 1, "b": 2}


def test_a_changed_scope_is_searched_at_once(index):
    index.upsert(names(2), vectors(2), 1)
    index.set_scope(["chunk-1", "unknown"], 9)
    assert [chunk_id for chunk_id, _ in index.search(vectors(2)[0], 5, {9})] == ["chunk-1"]


def test_deleted_chunks_are_not_found(index):
    index.upsert(names(3), vectors(3), 1)
    index.delete(["chunk-0", "unknown"])
    assert {chunk_id for chunk_id, _ in index.search(vectors(3)[0], 5)} == {"chunk-1", "chunk-2"}


def test_nothing_to_do_is_no_error(index):
    index.upsert([], vectors(0), 1)
    index.delete([])
    index.set_scope([], 1)
    assert index.existing([]) == set()


def test_vectors_that_do_not_fit_are_refused(index):
    with pytest.raises(errors.HoldfastError):
        index.upsert(["a", "b"], vectors(1), 1)


@pytest.mark.real
def test_a_deleted_collection_is_made_again(chroma):
    index, other = chroma.index("wiped"), chroma.index("wiped")
    for action in (
        lambda: index.search(vectors(1)[0], 3) == [],
        lambda: list(index.all_ids()) == [],
        lambda: index.existing(["a"]) == set(),
        lambda: index.delete(["a"]) is None,
        lambda: index.set_scope(["a"], 1) is None,
        lambda: index.upsert(["a"], vectors(1), 1) is None and index.count() == 1,
    ):
        index.upsert(["a"], vectors(1), 1)
        other._collection()._client.delete_collection("holdfast-wiped")
        assert action()
        other.close()
    index.close()


@pytest.mark.real
def test_other_dimensions_are_refused(chroma):
    with_384 = chroma.index("dimensions")
    with_384.upsert(["a"], vectors(1), 1)
    index = ChunkIndex("127.0.0.1", chroma.port, "dimensions", dimensions=12)
    with pytest.raises(errors.IndexUnavailable, match="384 dimensions"):
        index.count()
    index.close()
    with_384.close()


@pytest.mark.real
@pytest.mark.parametrize("configuration", [{"hnsw": {"space": "l2"}}, None])
def test_a_foreign_collection_is_refused(chroma, configuration):
    index = chroma.index("foreign")
    server = index._connected()
    server.delete_collection("holdfast-foreign") if "holdfast-foreign" in _collections(server) else None
    server.create_collection("holdfast-foreign", configuration=configuration)
    with pytest.raises(errors.IndexUnavailable, match="not made by this product"):
        index.search(vectors(1)[0], 1)
    index.close()


def _collections(server):
    return {collection.name for collection in server.list_collections()}


@pytest.mark.real
def test_a_killed_server_is_unavailable_and_found_again(tmp_path):
    with running_chroma(tmp_path / "chroma") as server:
        index = server.index("killed")
        index.upsert(names(5), vectors(5), 1)
        server.kill()
        with pytest.raises(errors.IndexUnavailable):
            index.search(vectors(5)[0], 1)
        server.start()
        assert index.count() == 5
        server.kill()
        shutil.rmtree(server.folder)
        server.start()
        assert index.search(vectors(5)[0], 1) == []
        index.close()


@pytest.mark.real
@pytest.mark.parametrize("error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
def test_a_connection_of_a_server_that_died_meanwhile_is_opened_again(chroma, monkeypatch, error):
    index = chroma.index("reset")
    index.upsert(["a"], vectors(1), 1)
    session, failures = index._connected()._session, [error("Connection reset by peer")]
    send = session.send

    def broken_once(*args, **kwargs):
        if failures:
            raise failures.pop()
        return send(*args, **kwargs)

    monkeypatch.setattr(session, "send", broken_once)
    assert list(index.all_ids()) == ["a"]
    assert not failures
    failures += [error("reset"), error("reset")]
    with pytest.raises(errors.IndexUnavailable):
        index.count()
    index.close()


def test_a_server_that_never_was_is_unavailable():
    index = ChunkIndex("127.0.0.1", free_port(), "none")
    with pytest.raises(errors.IndexUnavailable):
        index.heartbeat()
    index.close()
