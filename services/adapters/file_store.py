"""The content-addressed file store: originals, stored texts and embeddings, each named by its sha256."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services import errors

HEAD_SIZE = 64 * 1024
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

    @contextmanager
    def receive(self, *, limit: int) -> Iterator["IncomingFile"]:
        """A file on its way in; what is not kept by the end of the block is thrown away."""
        with _full_disk_is_typed():
            target = tempfile.NamedTemporaryFile(dir=self.incoming, delete=False)  # noqa: SIM115
        try:
            yield IncomingFile(self, target, limit)
        finally:
            target.close()
            Path(target.name).unlink(missing_ok=True)

    def save_bytes(self, content: bytes) -> str:
        """Store `content`; returns its digest."""
        with self.receive(limit=len(content)) as incoming:
            incoming.write(content)
            return incoming.keep().digest

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

    def written_at(self, digest: str) -> float | None:
        """When the file was last written or taken again (seconds since the epoch); None when it is gone."""
        try:
            return self.path(digest).stat().st_mtime
        except FileNotFoundError:
            return None

    def forget_incoming(self, before: float) -> int:
        """Throw away what began to arrive before that time and never did; returns how many."""
        left = [path for path in self.incoming.iterdir() if path.stat().st_mtime < before]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def digests(self) -> Iterator[tuple[str, float]]:
        """Every stored digest with the time it was last written (seconds since the epoch)."""
        for folder in self.root.iterdir():
            if folder != self.incoming and folder.is_dir():
                yield from ((path.name, path.stat().st_mtime) for path in folder.iterdir())


class IncomingFile:
    """Bytes being received: hashed and counted as they come, visible in the store only once kept."""

    def __init__(self, store: FileStore, target: "tempfile._TemporaryFileWrapper[bytes]", limit: int) -> None:
        self._store, self._target, self._limit = store, target, limit
        self._digest = sha256()
        self.size = 0
        self.head = b""

    @property
    def digest(self) -> str:
        """Of what has come so far."""
        return self._digest.hexdigest()

    def write(self, block: bytes) -> None:
        """Take the next bytes; errors.TooLarge past the limit, errors.StorageFull on a full disk."""
        self.size += len(block)
        if self.size > self._limit:
            raise errors.TooLarge(f"The file is larger than the {self._limit // 1024 // 1024} MiB allowed")
        if len(self.head) < HEAD_SIZE:
            self.head += block[: HEAD_SIZE - len(self.head)]
        self._digest.update(block)
        with _full_disk_is_typed():
            self._target.write(block)

    def keep(self) -> StoredFile:
        """Fsync and move to the digest's place in one step; a file that is there already stays."""
        digest = self._digest.hexdigest()
        place = self._store.path(digest)
        if not place.exists():
            with _full_disk_is_typed():
                self._target.flush()
                os.fsync(self._target.fileno())
                place.parent.mkdir(exist_ok=True)
                Path(self._target.name).replace(place)
                _fsync_folder(place.parent)
        else:
            os.utime(place)  # wanted again: an orphan's time begins anew
        return StoredFile(digest, self.size)


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
