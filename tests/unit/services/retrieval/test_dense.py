import pytest

from services import errors
from services.database.tables.library import Version
from services.retrieval import dense, follow
from services.retrieval.dense import Reader


@pytest.fixture
def crowded(library):
    """Twelve chunks for everyone among seven hundred that only hr reads and that fit better."""
    mine, theirs = library.collection("mine", "everyone"), library.collection("theirs", "hr")
    library.add(theirs, "many", [f"hotel secret {number}" for number in range(700)])
    for number in range(12):
        library.add(mine, f"doc {number}", [f"A hotel in town {number} costs {number} euro."])
    follow.catch_up_vectors(library.resources)
    return library


def reader(library, *groups, **parts):
    resources = library.replaced(**parts).resources
    caller = library.caller(*groups)
    with resources.transactions.read() as session:
        scopes = dense.queries.reach(session, caller, None)
    return Reader(caller, scopes, resources.embedder.embed_question("hotel secret"), resources)


class Counting:
    """A chunk index that notes how many neighbours it was asked for."""

    def __init__(self, index):
        self.index, self.asked = index, []

    def search(self, vector, k, scopes=None):
        self.asked.append((k, scopes))
        return self.index.search(vector, k, scopes)

    def count(self):
        return self.index.count()


def test_a_narrow_reader_is_scanned_exactly_without_chroma(crowded):
    crowded.resources.chunk_index.is_down = True
    assert len(dense.nearest(reader(crowded, "everyone"), 12)) == 12
    assert len(dense.nearest(reader(crowded, "everyone"), 20)) == 12
    assert len(dense.nearest(reader(crowded, "everyone", "hr"), 20)) == 20


def test_a_broad_reader_is_refilled_until_there_is_enough(crowded, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_CHUNKS", 0)
    monkeypatch.setattr(dense, "MARGIN", 0.1)
    counting = Counting(crowded.resources.chunk_index)
    hits = dense.nearest(reader(crowded, "everyone", chunk_index=counting), 10)
    assert len(hits) == 10
    assert [scopes for _k, scopes in counting.asked] == [None] * len(counting.asked)
    assert len(counting.asked) > 1


def test_where_neighbours_do_not_suffice_the_scan_does(crowded, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_CHUNKS", 0)
    monkeypatch.setattr(dense, "MOST_NEIGHBOURS", 50)
    exact = crowded.resources.vectors.search(
        reader(crowded, "everyone").vector, 10, reader(crowded, "everyone").scopes
    )
    assert dense.nearest(reader(crowded, "everyone"), 10) == exact


def test_a_broad_reader_survives_chroma(crowded, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_CHUNKS", 0)
    crowded.resources.chunk_index.is_down = True
    assert len(dense.nearest(reader(crowded, "everyone"), 10)) == 10


def test_without_the_file_chroma_is_asked_to_the_end(crowded, monkeypatch):
    monkeypatch.setattr(dense, "is_current", lambda _resources: False)
    assert len(dense.nearest(reader(crowded, "everyone"), 10)) == 10
    assert len(dense.nearest(reader(crowded, "everyone", "hr"), 60)) == 60
    crowded.resources.chunk_index.is_down = True
    with pytest.raises(errors.IndexUnavailable):
        dense.nearest(reader(crowded, "everyone"), 10)


def test_both_ways_judge_named_chunks_alike(crowded, monkeypatch):
    asked = reader(crowded, "hr")
    ids = [chunk_id for chunk_id, _similarity in dense.nearest(asked, 5)]
    by_file = dense.similarities(asked, ids)
    monkeypatch.setattr(dense, "is_current", lambda _resources: False)
    assert dense.similarities(asked, ids) == pytest.approx(by_file, abs=1e-5)


def test_a_version_whose_vectors_are_lost_keeps_no_other_out(library):
    shelf = library.collection("shelf", "everyone")
    library.add(shelf, "a", ["travel"])
    library.add(shelf, "b", ["hotel"])
    with library.resources.transactions.read() as session:
        digest = session.query(Version).first().vectors_digest
    library.resources.files.delete(digest)
    assert follow.catch_up_vectors(library.resources) == 0
    assert library.resources.vectors.count() == 1
