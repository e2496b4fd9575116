"""A folder is synced: what is new, changed, gone or refused, and what an interrupted sync leaves."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ingestion import syncing
from ingestion.connectors import Incomplete, loading
from ingestion.connectors.folder import Folder
from services import errors, runs
from services.database.scopes import intern_scope
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Group
from services.database.tables.library import Document, ScopeGroup
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceItem
from services.resources import Resources
from services.settings import Files, Sources
from tests.depot import Depot
from tests.ground import close_ground, open_ground


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    (folder / "hr").mkdir(parents=True)
    (folder / "office.md").write_text("# Office\n\nIt closes at six.\n")
    (folder / "hr" / "leave.txt").write_text("Leave is thirty days.\n")
    return folder


@pytest.fixture
def resources(settings, transactions, lock, share) -> Iterator[Resources]:
    named = settings.model_copy(
        update={"sources": Sources(folders=(share,)), "files": Files(max_upload_bytes=10_000)}
    )
    opened = open_ground(named, transactions, lock)
    yield opened
    close_ground(opened)


@pytest.fixture
def depot(resources, share) -> Depot:
    depot = Depot(resources)
    depot.open("folder", {"path": str(share)})
    return depot


def test_a_first_sync_takes_everything_and_the_next_nothing(depot):
    first = depot.sync()
    assert (first.run.state, first.counts) == ("done", (2, 0, 0, 0, 0))
    assert first.lines == {"office.md": ("added", ""), "hr/leave.txt": ("added", "")}
    assert sorted(depot.documents()) == ["share/hr/leave.txt", "share/office.md"]
    assert len(depot.waiting()) == 2
    assert depot.sync().counts == (0, 0, 0, 0, 2)
    assert len(depot.waiting()) == 2


def test_changed_content_is_a_new_version_and_touched_content_is_none(depot, share):
    depot.sync()
    depot.ingest()
    (share / "office.md").write_text("# Office\n\nIt closes at seven.\n")
    os.utime(share / "hr" / "leave.txt", (1, 1))
    second = depot.sync()
    assert second.counts == (0, 1, 0, 0, 1)
    document = depot.documents()["share/office.md"]
    assert [version.state for version in document.versions] == ["visible", "waiting"]
    assert len(depot.documents()["share/hr/leave.txt"].versions) == 1


def test_what_is_gone_is_removed_from_every_answer(depot, share):
    depot.sync()
    depot.ingest()
    (share / "office.md").unlink()
    outcome = depot.sync()
    assert outcome.lines == {"office.md": ("removed", "gone")}
    assert list(depot.documents()) == ["share/hr/leave.txt"]
    with depot.resources.transactions.read() as session:
        removed = session.scalars(select(Document).where(Document.deleted_at.is_not(None))).one()
        assert [version.state for version in removed.versions] == ["superseded"]
        said = session.scalars(select(AuditEntry).where(AuditEntry.action == "document.remove")).one()
        assert (said.actor, said.subject) == (depot.source_id, removed.id)


def test_a_file_that_comes_back_is_a_document_again(depot, share):
    depot.sync()
    content = (share / "office.md").read_text()
    (share / "office.md").unlink()
    depot.sync()
    (share / "office.md").write_text(content)
    assert depot.sync().lines == {"office.md": ("added", "")}


def test_what_is_not_taken_is_said_with_its_reason(depot, share, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("a secret of the machine")
    (share / "way-out.txt").symlink_to(outside)
    (share / "folder-out").symlink_to(tmp_path)
    (share / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 64)
    (share / "huge.txt").write_text("x" * 20_000)
    (share / ".hidden").write_text("hidden")
    os.mkfifo(share / "pipe.txt")
    Path(os.fsdecode(os.fsencode(share) + b"/bad-\xff.txt")).write_text("no text")
    outcome = depot.sync()
    assert outcome.counts == (2, 0, 0, 7, 0)
    reasons = {key: reason for key, (action, reason) in outcome.lines.items() if action == "skipped"}
    assert reasons == {
        "way-out.txt": "link",
        "folder-out": "link",
        "picture.png": "unsupported",
        "huge.txt": "too_large",
        ".hidden": "hidden",
        "pipe.txt": "not_a_file",
        "bad-\\xff.txt": "name",
    }
    assert depot.sync().counts == (0, 0, 0, 7, 2)


def test_a_file_that_becomes_a_link_takes_its_document_along(depot, share, tmp_path):
    depot.sync()
    (share / "office.md").unlink()
    (share / "office.md").symlink_to(tmp_path / "elsewhere")
    assert depot.sync().lines == {"office.md": ("removed", "link")}
    assert list(depot.documents()) == ["share/hr/leave.txt"]


def test_a_file_swapped_for_a_link_while_we_look_is_not_read(depot, share, tmp_path, monkeypatch):
    depot.sync()
    (tmp_path / "secret.txt").write_text("a secret of the machine")
    (share / "office.md").write_text("changed")
    entries = Folder.entries

    def swapped(self):
        for found in entries(self):
            if found.key == "office.md":
                (share / "office.md").unlink()
                (share / "office.md").symlink_to(tmp_path / "secret.txt")
            yield found

    monkeypatch.setattr(Folder, "entries", swapped)
    assert depot.sync().lines == {"office.md": ("skipped", "unreadable")}
    assert [len(document.versions) for document in depot.documents().values()] == [1, 1]


def test_nothing_is_removed_while_part_of_the_source_cannot_be_seen(depot, share, monkeypatch):
    depot.sync()
    (share / "office.md").unlink()
    listed = Folder.entries

    def broken_off(self):
        yield from listed(self)
        yield Incomplete("A part did not answer")

    monkeypatch.setattr(Folder, "entries", broken_off)
    outcome = depot.sync()
    assert (outcome.run.state, outcome.lines) == ("done", {"": ("skipped", "incomplete")})
    assert len(depot.documents()) == 2


def test_an_emptied_source_removes_nothing_until_a_person_says_so(depot, share):
    for number in range(20):
        (share / f"{number}.txt").write_text(f"Note {number}.")
    depot.sync()
    for file in share.rglob("*.txt"):
        file.unlink()
    outcome = depot.sync()
    assert (outcome.run.state, outcome.run.error_code) == ("failed", "too_many_removals")
    assert len(depot.documents()) == 22
    assert depot.sync(allow_removals=True).counts == (0, 0, 21, 0, 1)
    assert list(depot.documents()) == ["share/office.md"]


def test_a_missing_folder_fails_the_run_and_keeps_the_documents(depot, share):
    depot.sync()
    share.rename(share.with_name("unmounted"))
    outcome = depot.sync()
    assert (outcome.run.state, outcome.run.error_code) == ("failed", "outside_unavailable")
    assert len(depot.documents()) == 2


def test_a_dry_run_says_the_same_and_changes_nothing(depot, share):
    (share / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    dry = depot.sync(is_dry=True)
    assert (dry.run.state, dry.counts) == ("done", (2, 0, 0, 1, 0))
    assert (depot.documents(), depot.waiting()) == ({}, [])
    wet = depot.sync()
    assert wet.lines == dry.lines
    (share / "office.md").unlink()
    (share / "hr" / "leave.txt").write_text("Leave is forty days.")
    assert depot.sync(is_dry=True).lines == {
        "office.md": ("removed", "gone"),
        "hr/leave.txt": ("changed", ""),
        "picture.png": ("skipped", "unsupported"),
    }
    assert len(depot.documents()) == 2


def test_a_source_is_tested_before_it_is_synced(depot, share):
    with depot.resources.transactions.write() as session:
        session.get_one(Source, depot.source_id).tested_at = None
    with pytest.raises(errors.Conflict, match="Test the source first"):
        depot.request()
    tested = depot.sync(is_dry=True, limit=1)
    assert tested.lines[""] == ("skipped", "incomplete")
    assert depot.sync().counts[0] == 2


def test_a_test_of_a_place_that_was_changed_meanwhile_does_not_count(depot, share):
    with depot.resources.transactions.write() as session:
        session.get_one(Source, depot.source_id).tested_at = None
    run_id = depot.request(is_dry=True)
    with depot.resources.transactions.write() as session:
        session.get_one(Source, depot.source_id).options = {"path": str(share / "hr")}
    syncing.sync(run_id, "w1", depot.resources)
    with pytest.raises(errors.Conflict, match="Test the source first"):
        depot.request()


def test_a_source_is_synced_by_one_run_at_a_time(depot):
    depot.request()
    with pytest.raises(errors.Conflict, match="already"):
        depot.request()


def readers_of(depot: Depot, name: str) -> set[str]:
    document = depot.documents()[name]
    with depot.resources.transactions.read() as session:
        query = select(Group.name).join(ScopeGroup).where(ScopeGroup.scope_id == document.scope_id)
        return set(session.scalars(query))


def test_rules_give_each_item_its_readers(resources, share):
    depot = Depot(resources)
    (share / "hr" / "pay").mkdir()
    (share / "hr" / "pay" / "grades.txt").write_text("Grade one.")
    (share / "hrx.txt").write_text("Not of hr.")
    hr, boss = depot.company.library.group("hr"), depot.company.library.group("boss")
    rules = [{"prefix": "hr", "group_ids": [hr]}, {"prefix": "hr/pay", "group_ids": [boss]}]
    depot.open("folder", {"path": str(share)}, readers=rules)
    depot.sync()
    assert readers_of(depot, "share/hr/leave.txt") == {"hr"}
    assert readers_of(depot, "share/hr/pay/grades.txt") == {"boss"}
    assert readers_of(depot, "share/hrx.txt") == set()
    with resources.transactions.read() as session:
        open_to_all = depot.documents()["share/hrx.txt"].scope_id
        assert session.get_one(Document, depot.documents()["share/office.md"].id).scope_id == open_to_all


def test_a_rule_whose_group_is_gone_lets_nobody_read(resources, share):
    depot = Depot(resources)
    hr = depot.company.library.group("hr")
    depot.open("folder", {"path": str(share)}, readers=[{"prefix": "hr", "group_ids": [hr, "0" * 32]}])
    depot.sync()
    assert readers_of(depot, "share/hr/leave.txt") == {"hr"}
    with resources.transactions.write() as session:
        session.delete(session.get_one(Group, hr))
    assert depot.sync().lines == {"hr/leave.txt": ("changed", "readers")}
    assert readers_of(depot, "share/hr/leave.txt") == set()
    with resources.transactions.read() as session:
        assert session.scalar(select(Run.id).where(Run.kind == runs.REPAIR)) is not None


def test_what_a_person_decided_about_readers_outlives_the_rules(resources, share):
    depot = Depot(resources)
    hr, boss = depot.company.library.group("hr"), depot.company.library.group("boss")
    depot.open("folder", {"path": str(share)}, readers=[{"prefix": "hr", "group_ids": [hr]}])
    depot.sync()
    with resources.transactions.write() as session:
        document = session.get_one(Document, depot.documents()["share/hr/leave.txt"].id)
        document.scope = intern_scope(session, document.collection_id, [boss])
    assert depot.sync().counts == (0, 0, 0, 0, 2)
    with resources.transactions.write() as session:
        session.get_one(Source, depot.source_id).readers = []
    assert depot.sync().counts == (0, 0, 0, 0, 2)
    assert readers_of(depot, "share/hr/leave.txt") == {"boss"}


def test_a_document_that_a_person_removed_stays_removed(depot, share):
    depot.sync()
    with depot.resources.transactions.write() as session:
        document = session.get_one(Document, depot.documents()["share/office.md"].id)
        document.deleted_at = document.created_at
    (share / "office.md").write_text("changed since")
    assert depot.sync().lines == {"office.md": ("skipped", "removed_here")}
    assert list(depot.documents()) == ["share/hr/leave.txt"]


def test_a_sync_that_was_broken_off_goes_on_where_it_was(depot, share, monkeypatch):
    for number in range(5):
        (share / f"{number}.txt").write_text(f"Note {number}.")
    read, budget = Folder.read, iter(range(3))

    def dies(self, entry):
        if next(budget, None) is None:
            raise errors.DatabaseUnavailable
        return read(self, entry)

    monkeypatch.setattr(Folder, "read", dies)
    run_id = depot.request()
    syncing.sync(run_id, "w1", depot.resources)
    assert (depot.outcome(run_id).run.state, len(depot.documents())) == ("waiting", 3)
    monkeypatch.setattr(Folder, "read", read)
    syncing.sync(run_id, "w2", depot.resources)
    outcome = depot.outcome(run_id)
    assert (outcome.run.state, outcome.counts) == ("done", (7, 0, 0, 0, 0))
    assert len(depot.documents()) == len(depot.waiting()) == 7


def test_a_cancelled_sync_writes_nothing_any_more(depot, share, monkeypatch):
    read = Folder.read

    def cancelled(self, entry):
        with depot.resources.transactions.write() as session:
            runs.cancel_open(session, depot.source_id)
        return read(self, entry)

    monkeypatch.setattr(Folder, "read", cancelled)
    outcome = depot.sync()
    assert (outcome.run.state, outcome.counts) == ("cancelled", (0, 0, 0, 0, 0))
    assert depot.documents() == {}


def test_two_items_of_one_name_become_two_documents(depot, share, monkeypatch):
    entries = Folder.entries

    def same_names(self):
        for found in entries(self):
            yield type(found)(found.key, found.marker, "same.txt")

    monkeypatch.setattr(Folder, "entries", same_names)
    assert depot.sync().counts == (2, 0, 0, 0, 0)
    assert len(depot.documents()) == 2


def test_an_error_of_a_foreign_connector_fails_the_run_without_its_words(depot, monkeypatch):
    class Broken:
        def __init__(self, options, surroundings):
            pass

        def entries(self):
            raise RuntimeError("a password in a message")

        def close(self):
            pass

    monkeypatch.setitem(loading.BUILT_IN, "folder", Broken)
    run = depot.sync().run
    assert (run.state, run.error_code) == ("failed", "outside_unavailable")
    assert run.error_reason == "The connector broke off: RuntimeError"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": "/etc"}, "named"),
        ({"path": "relative"}, "whole path"),
        ({}, "path: Field required"),
        ({"path": "/", "shell": "rm"}, "shell"),
    ],
)
def test_wrong_options_fail_the_test_with_what_is_wrong(depot, options, words):
    with depot.resources.transactions.write() as session:
        session.get_one(Source, depot.source_id).options = options
    run = depot.sync(is_dry=True).run
    assert (run.state, run.error_code) == ("failed", "invalid_request")
    assert words in run.error_reason


def test_what_was_kept_for_a_removed_source_is_swept_away(depot, resources):
    places = {name: resources.settings.data_dir / "sources" / name for name in ("0" * 32, depot.source_id)}
    for place in places.values():
        place.mkdir(parents=True)
        (place / "pages.json").write_text("{}")
    depot.sync()
    assert [place.exists() for place in places.values()] == [False, True]


def test_items_keep_when_their_content_was_written(depot, share):
    os.utime(share / "office.md", (1_000_000_000, 1_000_000_000))
    depot.sync()
    with depot.resources.transactions.read() as session:
        item = session.scalars(select(SourceItem).where(SourceItem.key == "office.md")).one()
        assert item.modified_at.year == 2001
