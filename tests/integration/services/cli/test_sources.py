"""`holdfast sources` and `holdfast corpus` against a running Holdfast whose worker does each run at once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion import syncing
from services.cli import app, corpus, sources
from services.database.tables.library import CollectionGrant
from services.settings import Settings, Sources
from services.syncs import SYNC_TASK
from tests import administrator
from tests.company import Company
from tests.fakes_ground import FakeJobQueue
from tests.ground import close_ground, open_ground


class DoingQueue(FakeJobQueue):
    """Does a sync as soon as it is sent."""

    def send(self, task: str, run_id: str, *, priority: int = 0) -> None:
        super().send(task, run_id, priority=priority)
        if task == SYNC_TASK:
            syncing.sync(run_id, "w1", self.resources)


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    (folder / "hr").mkdir(parents=True)
    (folder / "office.md").write_text("# Office\n\nIt closes at six.\n")
    (folder / "hr" / "pay.txt").write_text("Grade one.\n")
    (folder / "link.md").symlink_to("office.md")
    return folder


@pytest.fixture
def settings(settings: Settings, share: Path) -> Settings:
    return settings.model_copy(update={"sources": Sources(folders=(share,))})


@pytest.fixture
def running(settings, transactions, lock) -> Iterator[Settings]:
    queue = DoingQueue()
    resources = queue.resources = open_ground(settings, transactions, lock, queue=queue)
    company = Company(resources)
    company.person("admin", "clerks", is_admin=True)
    collection = company.library.collection("handbook", "staff")
    company.library.collection("payroll", "staff")
    grant = CollectionGrant(
        collection_id=collection, group_id=company.library.group("clerks"), access="curate"
    )
    with resources.transactions.write() as session:
        session.add(grant)
    with administrator.served(company, settings) as served:
        yield served
    close_ground(resources)


@pytest.fixture
def holdfast(running, monkeypatch):
    """Runs the command; wide enough that no line breaks."""
    for module in (sources, corpus):
        monkeypatch.setattr(module, "load_settings", lambda: running)
        monkeypatch.setattr(module.console, "width", 400)

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, words)
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_a_source_through_its_life(holdfast, share):
    said = holdfast("sources", "add", "share", "folder", "handbook", "--option", f"path={share}")
    assert "holdfast sources test share" in said
    assert "Test the source first" in holdfast("sources", "sync", "share", code=1)
    tested = holdfast("sources", "test", "share")
    assert "added    hr/pay.txt" in tested
    assert "skipped  link.md (link: Links are not followed)" in tested
    assert "dry run done; 2 added, 0 changed, 0 removed, 1 skipped, 0 unchanged" in tested
    assert "sync done; 2 added" in holdfast("sources", "sync", "share")
    (share / "office.md").unlink()
    assert "removed  office.md (gone)" in holdfast("sources", "sync", "share", "--dry-run")
    assert "0 added, 0 changed, 1 removed" in holdfast("sources", "sync", "share")
    assert "held     hr/pay.txt" in holdfast("sources", "items", "share")
    assert len(holdfast("sources", "runs", "share").splitlines()) == 5
    assert "sync done" in holdfast("sources", "list")
    holdfast("sources", "cancel", "share")
    holdfast("sources", "remove", "share", "--with-documents")
    assert "There is no source share" in holdfast("sources", "runs", "share", code=1)


def test_rules_and_schedules_are_said_in_names(holdfast, share, monkeypatch):
    monkeypatch.setenv("HOLDFAST_SOURCE_T", "secret")
    holdfast(
        "sources", "add", "share", "folder", "handbook", "--option", f"path={share}",
        "--option", 'exclude=["*.tmp"]', "--secret", "token=env:HOLDFAST_SOURCE_T", "--reader", "hr=clerks",
        "--every", "3600",
    )  # fmt: skip
    assert "3600 s" in holdfast("sources", "list")
    assert "There is no group nobody" in holdfast(
        "sources", "change", "share", "--reader", "hr=nobody", code=1
    )
    holdfast("sources", "test", "share")
    assert "is tested" in holdfast("sources", "change", "share", "--pause", "--reader", "hr=")
    assert "paused" in holdfast("sources", "list")
    assert "has to be tested again" in holdfast("sources", "change", "share", "--option", f"path={share}/hr")


def test_who_may_not_add_to_the_collection_sees_counts_only(holdfast, share):
    holdfast("sources", "add", "share", "folder", "payroll", "--option", f"path={share}")
    said = holdfast("sources", "test", "share")
    assert "office.md" not in said
    assert "2 added" in said


def test_a_failed_test_ends_with_its_reason(holdfast):
    holdfast("sources", "add", "etc", "folder", "handbook", "--option", "path=/etc")
    assert "HOLDFAST_SOURCES__FOLDERS" in holdfast("sources", "test", "etc", code=1)


def test_the_report_is_told_or_written(holdfast, tmp_path):
    assert "Groups that have access hold nobody" in holdfast("corpus", "report")
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    holdfast("corpus", "report", "--out", str(page))
    assert page.read_text().startswith("<!doctype html>")
    holdfast("corpus", "report", "--out", str(data), "--collection", "handbook")
    assert json.loads(data.read_text())["documents"] == 0
    assert "no such collection" in holdfast("corpus", "report", "--collection", "none", code=1)
