"""A git repository's newest commit; files are told apart by their blobs, so only changed ones are read.

A repository reached over HTTP is kept as a bare copy beside the worker, into which each sync fetches what is
missing; it can be thrown away at any time. A local one is read where it lies.
"""

import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dulwich.client import HttpGitClient, HTTPUnauthorized
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from ingestion.connectors.options import Options, allowed_folder
from ingestion.connectors.protocol import Entry, Skipped, SkipThis, Surroundings
from services import errors, outbound
from services.outbound.connecting import place_of

BLOCK = 1 << 20
COPY = "copy.git"
KEPT = Ref(b"refs/heads/kept")
LARGE_FILE_POINTER = b"version https://git-lfs.github.com/spec/"
SUBMODULE = 0o160000


class RepositoryOptions(Options):
    url: str
    """`https://…`, or the path of a folder on the worker."""
    branch: str = ""
    """The repository's own choice unless given."""
    folder: str = ""
    """Only what lies below this folder of the repository."""


class Repository:
    """Options: `url`, `branch`, `folder`, `include`, `exclude`. Secrets: `username` and `password`.

    A token of a code host goes where that host wants it, mostly as the password.
    """

    def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._options = RepositoryOptions.model_validate(options)
        self._surroundings = surroundings
        with _typed_failures():
            self._repo, commit = self._open()
            self._tree = commit.tree

    def _open(self) -> tuple[Repo, Commit]:
        if self._options.url.startswith(("http://", "https://")):
            repo, head = self._fetched()
        else:
            repo = Repo(str(allowed_folder(self._options.url, self._surroundings.folders)))
            refs = repo.get_refs()
            head = refs.get(self._wanted_ref()) or (repo.head() if not self._options.branch else None)
        if head is None:
            repo.close()
            raise errors.InvalidRequest("The repository has no such branch, or no commit yet")
        found = repo[head]
        if not isinstance(found, Commit):
            raise errors.InvalidRequest("The branch does not end in a commit")
        return repo, found

    def _wanted_ref(self) -> Ref:
        return Ref(f"refs/heads/{self._options.branch}".encode() if self._options.branch else b"HEAD")

    def _fetched(self) -> tuple[Repo, ObjectID | None]:
        place_of(self._options.url)
        copy = self._surroundings.scratch / COPY
        secrets = self._surroundings.secrets
        client = HttpGitClient(
            self._options.url,
            pool_manager=outbound.open_pool_manager(self._surroundings.outbound, "sources"),
            username=secrets.get("username"),
            password=secrets.get("password"),
        )
        repo = _copy_at(copy)
        try:
            fetched = client.fetch("", repo, determine_wants=self._wants(repo), depth=1)
        except BaseException:
            repo.close()
            raise
        head = fetched.refs.get(self._wanted_ref())
        if head is not None:
            repo.refs[KEPT] = head  # what the next fetch says it has already
        return repo, head

    def _wants(self, repo: Repo) -> Any:
        wanted = self._wanted_ref()

        def wants(refs: Mapping[Ref, ObjectID | None], **_: Any) -> list[ObjectID]:
            head = refs.get(wanted)
            return [head] if head is not None and head not in repo.object_store else []

        return wants

    def entries(self) -> Iterator[Entry | Skipped]:
        below = self._options.folder.strip("/")
        for found in iter_tree_contents(self._repo.object_store, self._tree):
            path = _text(found.path or b"")
            if path is None:
                yield Skipped(repr(found.path), "name", "The name is not text in UTF-8")
            elif below and not path.startswith(f"{below}/"):
                continue
            elif (refusal := self._refusal(path, found.mode or 0)) is not None:
                yield refusal
            else:
                yield Entry(path, marker=(found.sha or b"").decode())

    def _refusal(self, path: str, mode: int) -> Skipped | None:
        if mode == SUBMODULE:
            return Skipped(path, "submodule", "Name the other repository as a source of its own")
        if stat.S_ISLNK(mode):
            return Skipped(path, "link", "Links are not followed")
        if not self._options.wants(path):
            return Skipped(path, "excluded", "Left out by this source's patterns")
        return None

    def read(self, entry: Entry) -> Iterator[bytes]:
        with _typed_failures():
            found = self._repo[ObjectID(entry.marker.encode())]
        if not isinstance(found, Blob):
            raise SkipThis("unreadable", "The repository holds something else there")
        content = found.data
        if content.startswith(LARGE_FILE_POINTER):
            raise SkipThis("large_file_storage", "The repository holds only a pointer to it", keeps=False)
        for start in range(0, len(content), BLOCK):
            yield content[start : start + BLOCK]

    def close(self) -> None:
        self._repo.close()


def _copy_at(folder: Path) -> Repo:
    """The bare copy; one that is damaged is made anew."""
    try:
        return Repo(str(folder))
    except NotGitRepository:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Repo.init_bare(str(folder))


def _text(path: bytes) -> str | None:
    try:
        found = path.decode()
    except UnicodeDecodeError:
        return None
    return found if found.isprintable() else None


@contextmanager
def _typed_failures() -> Iterator[None]:
    try:
        yield
    except HTTPUnauthorized as error:
        raise errors.OutsideUnavailable("The repository wants another user name or password") from error
    except (NotGitRepository, FileNotFoundError) as error:
        raise errors.OutsideUnavailable("There is no git repository") from error
    except (GitProtocolError, KeyError, OSError, AssertionError) as error:
        raise errors.OutsideUnavailable(f"The repository cannot be read: {type(error).__name__}") from error
