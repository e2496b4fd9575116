"""A folder, compared with what it was by each file's time, size and inode; links are never followed."""

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from ingestion.connectors.options import Options, allowed_folder
from ingestion.connectors.protocol import Entry, Incomplete, Skipped, SkipThis, Surroundings

BLOCK = 1 << 20
MAX_DEPTH = 64
NO_LINKS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class FolderOptions(Options):
    path: str


class Folder:
    """Options: `path`, `include`, `exclude`. Hidden files and folders are left out.

    Every step down is opened relative to the folder above it and without following links, so that nothing
    swapped in while we look can lead outside.
    """

    def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._options = FolderOptions.model_validate(options)
        self._root = os.open(
            allowed_folder(self._options.path, surroundings.folders), NO_LINKS | os.O_DIRECTORY
        )

    def entries(self) -> Iterator[Entry | Skipped | Incomplete]:
        yield from self._below(self._root, PurePosixPath())

    def _below(self, folder: int, path: PurePosixPath) -> Iterator[Entry | Skipped | Incomplete]:
        with os.scandir(folder) as listed:
            found = sorted(listed, key=lambda one: one.name)
        for one in found:
            here = path / one.name
            key = str(here)
            if not _is_text(one.name):
                yield Skipped(_shown(key), "name", "The name is not text in UTF-8")
            elif one.name.startswith("."):
                yield Skipped(key, "hidden", "Hidden files and folders are left out")
            elif one.is_symlink():
                yield Skipped(key, "link", "Links are not followed")
            elif one.is_dir(follow_symlinks=False):
                yield from self._folder(folder, one.name, here)
            elif not one.is_file(follow_symlinks=False):
                yield Skipped(key, "not_a_file", "Neither a file nor a folder")
            elif self._options.wants(key):
                yield from _entry(one, key)
            else:
                yield Skipped(key, "excluded", "Left out by this source's patterns")

    def _folder(self, above: int, name: str, path: PurePosixPath) -> Iterator[Entry | Skipped | Incomplete]:
        if len(path.parts) > MAX_DEPTH:
            yield Skipped(str(path), "depth", f"Deeper than {MAX_DEPTH} folders")
            return
        try:
            folder = os.open(name, NO_LINKS | os.O_DIRECTORY, dir_fd=above)
        except OSError as error:
            yield Skipped(str(path), "unreadable", os.strerror(error.errno or 0), keeps=True)
            yield Incomplete(f"The folder {path} cannot be read")
            return
        try:
            yield from self._below(folder, path)
        finally:
            os.close(folder)

    def read(self, entry: Entry) -> Iterator[bytes]:
        file = self._open(entry.key)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise SkipThis("not_a_file", "Neither a file nor a folder", keeps=False)
            while block := os.read(file, BLOCK):
                yield block
            if _marker(os.fstat(file)) != entry.marker:
                raise SkipThis("changing", "The file changed while it was read; the next sync takes it")
        except OSError as error:
            raise SkipThis("unreadable", os.strerror(error.errno or 0)) from error
        finally:
            os.close(file)

    def _open(self, key: str) -> int:
        *folders, name = PurePosixPath(key).parts
        above = self._root
        try:
            for folder in folders:
                below = os.open(folder, NO_LINKS | os.O_DIRECTORY, dir_fd=above)
                self._let_go(above)
                above = below
            return os.open(name, NO_LINKS, dir_fd=above)
        except OSError as error:
            raise SkipThis("unreadable", os.strerror(error.errno or 0)) from error
        finally:
            self._let_go(above)

    def _let_go(self, folder: int) -> None:
        if folder != self._root:
            os.close(folder)

    def close(self) -> None:
        os.close(self._root)


def _entry(one: "os.DirEntry[str]", key: str) -> Iterator[Entry | Skipped]:
    try:
        about = one.stat(follow_symlinks=False)
    except OSError as error:
        yield Skipped(key, "unreadable", os.strerror(error.errno or 0), keeps=True)
        return
    yield Entry(
        key,
        marker=_marker(about),
        size=about.st_size,
        modified_at=datetime.fromtimestamp(about.st_mtime, UTC),
    )


def _marker(about: os.stat_result) -> str:
    return f"{about.st_mtime_ns}-{about.st_size}-{about.st_ino}"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return name.isprintable()


def _shown(key: str) -> str:
    return os.fsencode(key).decode("utf-8", "backslashreplace").replace("\x00", "")
