"""Backup and restore: everything but the backup is destroyed, and the library answers again."""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ingestion import index_repair, parsing, upkeep
from services import backup, errors, runs
from services.adapters.chroma import ChunkIndex
from services.backup import rows
from services.database.session import Transactions, open_engine
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.database.tables.library import Document, Version
from services.database.tables.runs import Run
from services.resources import Resources
from services.retrieval import search
from services.settings import Ingestion, Settings
from tests.ground import close_ground, open_ground

LAMP = b"# Lamps\n\nThe lamp on pier seven is lit at 17:40 every evening."
QUESTION = "When is the lamp on pier seven lit?"


@dataclass
class Places:
    """Where a backup goes, and an installation with nothing in it."""

    file: Path
    empty: Resources


@pytest.fixture
def new_index(chroma, generations) -> Iterator[ChunkIndex]:
    index = chroma.index(next(generations))
    yield index
    index.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def places(request, tmp_path, lock, new_index, embedder) -> Iterator[Places]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    database = {}
    if request.param == "sqlite":
        request.getfixturevalue("migrated_sqlite").copy_to(folder)
    else:
        server = request.getfixturevalue("postgres")
        database["url"] = server.database(request.getfixturevalue("migrated_postgres"))
    settings = Settings(data_dir=folder, secret_key="s" * 32, database=database)
    engine = open_engine(settings)
    empty = open_ground(settings, Transactions(engine), lock, chunk_index=new_index, embedder=embedder)
    yield Places(tmp_path / "backup.tar", empty)
    close_ground(empty)
    engine.dispose()
    if database:
        server.drop(database["url"])


@pytest.fixture
def write(shelf, places) -> Callable[[], backup.archive.Manifest]:
    return lambda: backup.write(shelf.resources.transactions.engine, shelf.resources.files, places.file)


@pytest.fixture
def restore(places) -> Callable[[], backup.archive.Manifest]:
    into = places.empty
    return lambda: backup.restore(into.transactions.engine, into.files, places.file)


def fill_indexes(resources: Resources) -> None:
    """What upkeep does when it first looks at the restored installation."""
    upkeep.look(resources.transactions, resources.queue, Ingestion())
    with resources.transactions.read() as session:
        due = session.scalars(select(Run.id).where(Run.kind == runs.REPAIR, Run.state == "waiting")).all()
    for run_id in due:
        index_repair.repair(run_id, "w1", resources)


def found(resources: Resources, caller) -> list[str]:
    return [passage.text for passage in search.find_passages(caller, QUESTION, resources).passages]


def test_everything_but_the_backup_is_destroyed_and_the_library_answers_again(
    shelf, places, write, restore, monkeypatch
):
    shelf.ingest(shelf.add("lamps.md", LAMP))
    caller = shelf.company.caller("ada")
    write()
    restored = places.empty
    monkeypatch.setattr(restored.embedder, "embed", None)  # nothing is embedded again
    monkeypatch.setattr(parsing, "parse_file", None)  # nor read again
    restore()
    fill_indexes(restored)
    hits = found(restored, caller)
    assert "17:40" in hits[0]
    stored = restored.transactions
    with stored.read() as session:
        version = session.scalars(select(Version)).one()
        assert restored.files.read_bytes(version.file_digest) == LAMP
        assert session.scalar(select(Person.login).where(Person.id == caller.person_id)) == "ada"


def test_numbers_go_on_after_the_restored_ones(shelf, places, write, restore):
    shelf.ingest(shelf.add("lamps.md", LAMP))
    shelf.narrow(shelf.add("more.md", b"More of it."), "staff")
    write()
    restore()
    with places.empty.transactions.write() as session:
        highest = session.scalar(select(func.max(AuditEntry.id)))
        session.add(AuditEntry(actor="ada", action="test", subject="x"))
        session.flush()
        assert session.scalar(select(func.max(AuditEntry.id))) == highest + 1


def test_a_document_removed_while_the_backup_was_written_stays_removed(shelf, places, write, restore):
    shelf.ingest(shelf.add("lamps.md", LAMP))
    with shelf.resources.transactions.read() as session:
        version = session.scalars(select(Version)).one()
    shelf.resources.files.delete(version.text_digest)  # as the purge would, after the rows were read
    assert write().removed == [version.id]
    restore()
    with places.empty.transactions.read() as session:
        assert session.scalars(select(Document)).one().deleted_at is not None
    fill_indexes(places.empty)
    assert found(places.empty, shelf.company.caller("ada")) == []


def test_a_restore_into_a_filled_installation_is_refused(shelf, write, places):
    shelf.ingest(shelf.add("lamps.md", LAMP))
    write()
    with pytest.raises(errors.Conflict, match="not empty"):
        backup.restore(shelf.resources.transactions.engine, shelf.resources.files, places.file)
    assert shelf.visible() == [1]


def test_a_backup_is_never_overwritten_and_only_its_owner_reads_it(shelf, places, write):
    write()
    assert places.file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.Conflict, match="already"):
        write()


@pytest.mark.parametrize("damage", ["cut", "file", "rows"])
def test_a_damaged_backup_is_refused_and_leaves_nothing(shelf, places, write, restore, damage):
    shelf.ingest(shelf.add("lamps.md", LAMP))
    write()
    content = bytearray(places.file.read_bytes())
    with tarfile.open(places.file) as tar:
        wanted = {"file": "files/", "rows": "tables/people"}.get(damage, "")
        place = next(member.offset_data for member in tar if member.name.startswith(wanted))
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[place] ^= 1
    places.file.write_bytes(content)
    with pytest.raises(errors.InvalidRequest, match="damaged"):
        restore()
    with places.empty.transactions.read() as session:
        assert rows.first_filled(session) is None


def test_something_else_is_no_backup(places, restore):
    places.file.write_bytes(b"something else")
    with pytest.raises(errors.InvalidRequest, match="no backup of ours"):
        restore()


def test_a_backup_of_another_schema_says_what_to_do(shelf, places, write, restore, monkeypatch):
    monkeypatch.setattr("services.backup.archive.schema.stored_revision", lambda _engine: "0000")
    monkeypatch.setattr("services.backup.archive.schema.require_current", lambda _engine: None)
    write()
    monkeypatch.undo()
    with pytest.raises(errors.InvalidRequest, match="schema 0000"):
        restore()
