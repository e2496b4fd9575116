"""`holdfast ingest` and `holdfast jobs` against a running Holdfast whose worker is a thread of the test's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from services import errors, runs
from services.cli import app, ingest, jobs
from services.database.tables.library import Version
from services.database.tables.runs import Run
from services.documents import grants
from services.settings import Settings
from tests import administrator
from tests.company import Company
from tests.ground import ingest_text


@pytest.fixture
def running(resources, settings) -> Iterator[Settings]:
    """Settings that lead to a running Holdfast whose administrator may fill the collection `notes`."""
    company = Company(resources)
    company.person("admin", "everyone", is_admin=True)
    collection = company.library.collection("notes", "everyone")
    with resources.transactions.write() as session:
        grants.to_groups(session, collection, "curate", [company.library.group("everyone")])
    with administrator.served(company, settings) as served:
        yield served


@pytest.fixture
def holdfast(monkeypatch, running):
    def run(*words: str):
        for module in (jobs, ingest):
            monkeypatch.setattr(module, "load_settings", lambda: running)
            monkeypatch.setattr(module.console, "width", 400)
        monkeypatch.setattr(ingest, "LOOK_EVERY_S", 0.02)
        return CliRunner().invoke(app, words)

    return run


@contextmanager
def working(resources) -> Iterator[None]:
    """A worker that reads every file as the text it is, and cannot read one that says so."""
    ended = threading.Event()

    def work():
        while not ended.wait(0.02):
            with resources.transactions.read() as session:
                waiting = runs.next_ids(session, runs.INGEST, 1)
            for run_id in waiting:
                do(resources, run_id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def do(resources, run_id):
    with resources.transactions.read() as session:
        version = session.get_one(Version, session.get_one(Run, run_id).subject)
    text = resources.files.read_bytes(version.file_digest).decode()
    if "broken" not in text:
        ingest_text(resources, run_id, text)
        return
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker="test", lease_s=60.0)
        runs.fail(session, claim, errors.DocumentCorrupt(), max_failures=3)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "folder"
    for name in ("index.md", "hr/index.md", "hr/leave.txt", ".git/config.txt", "hr/.hidden.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"What {name} says.")
    (root / "link.txt").symlink_to("/etc/hostname")
    return root


def names(resources):
    with resources.transactions.read() as session:
        return sorted(version.document.name for version in session.query(Version))


def test_a_folder_goes_in_as_one_bulk_under_its_names(holdfast, folder, resources):
    with working(resources):
        result = holdfast("ingest", str(folder), "--collection", "notes")
    assert result.exit_code == 0, result.output
    assert names(resources) == ["hr/index.md", "hr/leave.txt", "index.md"]
    assert result.output.splitlines()[-1].endswith(": 3 done")


def test_a_second_time_there_is_nothing_to_do(holdfast, folder, resources):
    with working(resources):
        holdfast("ingest", str(folder), "--collection", "notes")
        again = holdfast("ingest", str(folder), "--collection", "notes")
    assert again.output.splitlines()[-1].endswith(": 3 unchanged")
    assert len(names(resources)) == 3


def test_what_cannot_be_taken_or_read_is_said_and_does_not_hold_up_the_rest(holdfast, folder, resources):
    (folder / "tool.exe").write_bytes(b"MZ\x00\x01\x02\x03")
    (folder / "torn.txt").write_text("broken")
    with working(resources):
        result = holdfast("ingest", str(folder), "--collection", "notes")
    assert result.exit_code == 1
    assert "  not taken: tool.exe: “tool.exe” looks like a binary file" in result.output
    assert "  torn.txt: The file is damaged" in result.output
    assert ": 3 done, 1 failed" in result.output


def test_an_unknown_collection_ends_it(holdfast, folder):
    result = holdfast("ingest", str(folder), "--collection", "nothing")
    assert (result.exit_code, "There is no such collection" in result.output) == (1, True)


def test_without_waiting_the_jobs_are_left_to_the_worker(holdfast, folder):
    result = holdfast("ingest", str(folder), "--collection", "notes", "--no-wait")
    assert result.output.splitlines()[-1].endswith(": 3 waiting")
    listed = holdfast("jobs", "list")
    assert listed.output.count("waiting") == 4
    assert "3 waiting; no worker is there" in listed.output


def test_a_job_is_shown_and_steered(holdfast, folder):
    holdfast("ingest", str(folder / "index.md"), "--collection", "notes", "--no-wait")
    job = holdfast("jobs", "list").output.splitlines()[1].split()[0]
    acts = ("pause", "resume", "cancel", "retry")
    said = [holdfast("jobs", act, job).output.strip() for act in acts]
    assert said == [f"{job} {state}" for state in ("paused", "waiting", "cancelled", "waiting")]
    assert "document_name  index.md" in holdfast("jobs", "show", job).output


def test_a_bulk_is_steered_as_one(holdfast, folder):
    first = holdfast("ingest", str(folder), "--collection", "notes", "--no-wait").output.splitlines()[0]
    bulk = first.split()[1].rstrip(":")
    assert holdfast("jobs", "pause", "--bulk", bulk).output.strip() == f"{bulk} 3 paused"
    assert holdfast("jobs", "list", "--bulk", bulk).output.count("paused") == 4
    assert holdfast("jobs", "cancel", "--bulk", bulk).output.strip() == f"{bulk} 3 cancelled"


def test_what_is_not_possible_is_said_in_one_line(holdfast, folder):
    result = holdfast("jobs", "show", "0" * 32)
    assert (result.exit_code, result.output) == (1, "holdfast: There is no such job\n")
