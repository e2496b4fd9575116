"""Equal bytes are parsed and embedded once, whoever hands them in; each document still stands alone."""

import pytest
from sqlalchemy import select, update

from ingestion import pipeline
from services.database.tables.generations import IndexGeneration
from services.database.tables.library import ChunkRow, Version
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.ground import close_ground, open_ground

TEXT = b"# Office\n\nThe office closes at six.\n\n## Keys\n\nAsk the porter for a key.\n"


class CountingEmbedder(FakeEmbedder):
    """Counts the texts it is given."""

    def __init__(self):
        super().__init__()
        self.embedded = 0

    def embed(self, texts, on_done=None):
        self.embedded += len(texts)
        return super().embed(texts, on_done)


@pytest.fixture
def resources(settings, transactions, lock):
    opened = open_ground(
        settings, transactions, lock, chunk_index=FakeChunkIndex(), embedder=CountingEmbedder()
    )
    yield opened
    close_ground(opened)


@pytest.fixture
def ingest(shelf, resources):
    """Hands a file in and does its job; returns the run and how many texts were embedded for it."""

    def do(name, content=TEXT):
        before = resources.embedder.embedded
        run_id = shelf.add(name, content)
        run = shelf.ingest(run_id)
        assert run.state == "done", run.error_reason
        return run_id, resources.embedder.embedded - before

    return do


def rows(shelf, run_id):
    fields = (ChunkRow.ordinal, ChunkRow.text, ChunkRow.start, ChunkRow.end, ChunkRow.kind, ChunkRow.tokens)
    with shelf.resources.transactions.read() as session:
        query = select(*fields).where(ChunkRow.version_id == shelf.run(run_id).subject)
        return session.execute(query.order_by(ChunkRow.ordinal)).all()


def test_the_second_document_of_the_same_bytes_is_neither_parsed_nor_embedded(shelf, ingest, monkeypatch):
    first, embedded = ingest("a.md")
    assert embedded > 0
    monkeypatch.setattr(pipeline.parsing, "parse_file", None)
    second, again = ingest("b.md")
    assert again == 0
    assert rows(shelf, first) == rows(shelf, second)
    one, other = shelf.version(first), shelf.version(second)
    assert (one.text_digest, one.vectors_digest, one.pages, one.language) == (
        other.text_digest,
        other.vectors_digest,
        other.pages,
        other.language,
    )
    assert other.state == "visible"


def test_each_has_rows_of_its_own_in_the_chunk_index(shelf, ingest, resources):
    first, embedded = ingest("a.md")
    second, _none = ingest("b.md")
    assert resources.chunk_index.count() == 2 * embedded
    shelf.remove(first)
    with resources.transactions.read() as session:
        ids = set(
            session.scalars(select(ChunkRow.id).where(ChunkRow.version_id == shelf.run(second).subject))
        )
    assert resources.chunk_index.existing(sorted(ids)) == ids


def test_what_another_parser_or_chunker_made_is_read_anew(ingest, resources):
    _first, embedded = ingest("a.md")
    for column in ("parser", "chunker"):
        with resources.transactions.write() as session:
            session.execute(update(Version).values({column: "old"}))
        assert ingest(f"{column}.md")[1] == embedded


def test_what_was_read_with_warnings_is_read_anew(ingest, resources):
    _first, embedded = ingest("a.md")
    with resources.transactions.write() as session:
        session.execute(update(Version).values(warnings=["A page could not be read."]))
    assert ingest("b.md")[1] == embedded


def test_what_has_documents_attached_is_read_anew(shelf, ingest, resources):
    first, embedded = ingest("a.md")
    child, _ = ingest("child.md", b"Another text.")
    with resources.transactions.write() as session:
        parent = session.get_one(Version, shelf.run(first).subject).document_id
        session.get_one(Version, shelf.run(child).subject).document.parent_id = parent
    assert ingest("b.md")[1] == embedded


def test_what_was_removed_gives_nothing_away(shelf, ingest):
    first, embedded = ingest("a.md")
    shelf.remove(first)
    assert ingest("b.md")[1] == embedded


def test_while_another_generation_is_live_nothing_is_taken_over(shelf, ingest, resources):
    ingest("a.md")
    with resources.transactions.write() as session:
        session.add(IndexGeneration(name="other", embedder="e", chunker="c", state="live"))
    before = resources.embedder.embedded
    run = shelf.ingest(shelf.add("b.md", TEXT))
    assert (run.state, run.error_code) == ("waiting", "index_unavailable")
    assert resources.embedder.embedded == before


def test_a_file_that_was_lost_is_made_again(shelf, ingest, resources):
    first, embedded = ingest("a.md")
    resources.files.delete(shelf.version(first).vectors_digest)
    assert ingest("b.md")[1] == embedded


def test_the_same_bytes_as_another_kind_of_file_are_read_anew(ingest):
    ingest("a.md")
    assert ingest("a.txt")[1] > 0


def test_many_of_the_same_bytes_in_one_turn_are_taken_over_together(shelf, ingest, resources):
    ingest("a.md")
    waiting = [shelf.add(f"{number}.md", TEXT) for number in range(4)]
    before = resources.embedder.embedded
    pipeline.ingest_next("w1", resources)
    assert resources.embedder.embedded == before
    assert {shelf.run(run_id).state for run_id in waiting} == {"done"}
