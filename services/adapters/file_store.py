"""The content-addressed file store: originals, stored texts and embeddings, each named by its sha256."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from services import errors

READ_SIZE = 1024 * 1024
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What was stored: its digest and size in bytes."""

    digest: str
    size: int


class FileStore:
    """Files below `root`, each written beside, fsynced, and moved to its digest's place in one step."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        with _full_disk_is_typed():
            self.incoming.mkdir(parents=True, exist_ok=True)

    def save(self, source: BinaryIO, *, limit: int) -> StoredFile:
        """Stream `source` in; errors.TooLarge past `limit` bytes, errors.StorageFull on a full disk."""
        digest, size = sha256(), 0
        with _full_disk_is_typed(), self._writing() as target:
            while block := source.read(READ_SIZE):
                size += len(block)
                if size > limit:
                    raise errors.TooLarge(f"The file is larger than the {limit // 1024 // 1024} MiB allowed")
                digest.update(block)
                target.write(block)
            self._keep(target, digest.hexdigest())
        return StoredFile(digest.hexdigest(), size)

    def save_bytes(self, content: bytes) -> str:
        """Store `content`; returns its digest."""
        digest = sha256(content).hexdigest()
        if not self.path(digest).exists():
            with _full_disk_is_typed(), self._writing() as target:
                target.write(content)
                self._keep(target, digest)
        return digest

    def path(self, digest: str) -> Path:
        """Where the file of this digest lies (whether or not it is there)."""
        return self.root / digest[:2] / digest

    def read_bytes(self, digest: str) -> bytes:
        """The file's content; errors.NotFound when it is gone."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise errors.NotFound("The stored file is gone") from error

    def read_text(self, digest: str) -> str:
        """A stored text, whose offsets count characters."""
        return self.read_bytes(digest).decode()

    def delete(self, digest: str) -> None:
        """Remove the file, if it is there."""
        self.path(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[tuple[str, float]]:
        """Every stored digest with the time it was last written (seconds since the epoch)."""
        for folder in self.root.iterdir():
            if folder != self.incoming and folder.is_dir():
                yield from ((path.name, path.stat().st_mtime) for path in folder.iterdir())

    @contextmanager
    def _writing(self) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
        with tempfile.NamedTemporaryFile(dir=self.incoming, delete=False) as target:
            try:
                yield target
            finally:
                Path(target.name).unlink(missing_ok=True)

    def _keep(self, target: "tempfile._TemporaryFileWrapper[bytes]", digest: str) -> None:
        target.flush()
        os.fsync(target.fileno())
        place = self.path(digest)
        place.parent.mkdir(exist_ok=True)
        Path(target.name).replace(place)
        _fsync_folder(place.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _full_disk_is_typed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise errors.StorageFull from error
        raise
