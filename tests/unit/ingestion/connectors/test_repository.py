"""A repository's newest commit, near or far; only changed blobs are read."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest
from dulwich import porcelain
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import HTTPGitApplication, WSGIRequestHandlerLogger, WSGIServerLogger

from services import errors
from tests.places import markers, refused, taken


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Repo]:
    folder = tmp_path / "handbook"
    repo = porcelain.init(str(folder))
    (folder / "hr").mkdir()
    commit(repo, **{"README.md": "# Handbook", "hr/leave.md": "Thirty days."})
    yield repo
    repo.close()


def commit(repo: Repo, **files: str | None) -> None:
    folder = Path(repo.path)
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text)
    porcelain.add(repo, [str(folder / name) for name, text in files.items() if text is not None])
    gone = [str(folder / name) for name, text in files.items() if text is None]
    if gone:
        porcelain.remove(repo, gone)
    porcelain.commit(repo, message=b"change", author=b"a <a@b>", committer=b"a <a@b>")


@pytest.fixture
def served(checkout: Repo) -> Iterator[int]:
    logging.getLogger("dulwich").setLevel(logging.CRITICAL)
    application = HTTPGitApplication(DictBackend({"/": checkout}))
    server = make_server("127.0.0.1", 0, application, WSGIServerLogger, WSGIRequestHandlerLogger)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="git-http")
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["near", "far"])
def open_repository(request, checkout, open_place):
    def opening(**options):
        if request.param == "near":
            return open_place("git", {"url": checkout.path, **options})
        port = request.getfixturevalue("served")
        return open_place("git", {"url": f"http://127.0.0.1:{port}/", **options}, port)

    return opening


def test_every_file_of_the_newest_commit_is_taken(open_repository):
    assert taken(open_repository()) == {"README.md": b"# Handbook", "hr/leave.md": b"Thirty days."}


def test_only_changed_files_have_another_marker(open_repository, checkout):
    first = markers(open_repository())
    commit(checkout, **{"hr/leave.md": "Forty days.", "README.md": None, "new.md": "New."})
    source = open_repository()
    assert taken(source) == {"hr/leave.md": b"Forty days.", "new.md": b"New."}
    assert markers(source)["hr/leave.md"] != first["hr/leave.md"]
    commit(checkout, **{"new.md": "Newer."})
    assert markers(open_repository())["hr/leave.md"] == markers(source)["hr/leave.md"]


def test_a_folder_and_patterns_choose(open_repository):
    assert list(taken(open_repository(folder="hr"))) == ["hr/leave.md"]
    assert refused(open_repository(include=["*.txt"])) == {"README.md": "excluded", "hr/leave.md": "excluded"}


def test_a_branch_can_be_named_and_must_exist(open_repository, checkout):
    porcelain.branch_create(checkout, "old")
    commit(checkout, **{"README.md": "# Newer"})
    assert taken(open_repository(branch="old"))["README.md"] == b"# Handbook"
    with pytest.raises(errors.InvalidRequest, match="no such branch"):
        open_repository(branch="none")


def test_links_and_pointers_are_skipped(open_repository, checkout):
    (Path(checkout.path) / "link.md").symlink_to("/etc/passwd")
    commit(checkout, **{"big.pdf": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"})
    porcelain.add(checkout, [str(Path(checkout.path) / "link.md")])
    porcelain.commit(checkout, message=b"link", author=b"a <a@b>", committer=b"a <a@b>")
    assert refused(open_repository()) == {"link.md": "link", "big.pdf": "large_file_storage"}


def test_a_local_repository_lies_below_a_named_folder(open_place):
    with pytest.raises(errors.InvalidRequest, match="named"):
        open_place("git", {"url": "/"})


def test_a_folder_without_a_repository_is_said(open_place, tmp_path):
    with pytest.raises(errors.OutsideUnavailable, match="no git repository"):
        open_place("git", {"url": str(tmp_path)})


def test_a_host_nobody_named_is_refused(open_place, served):
    with pytest.raises(errors.OutboundRefused):
        open_place("git", {"url": f"http://127.0.0.1:{served}/"})


def test_a_damaged_copy_is_fetched_anew(open_place, served, tmp_path):
    options = {"url": f"http://127.0.0.1:{served}/"}
    taken(open_place("git", options, served))
    (tmp_path / "scratch" / "copy.git" / "HEAD").unlink()
    assert len(taken(open_place("git", options, served))) == 2
