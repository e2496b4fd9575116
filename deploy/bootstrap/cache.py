"""The cache folder: what is made once, named by the digest of what it is made from."""

import fcntl
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

SHORT = 16  # hexadecimal digits of a digest that name a folder
FINISHED = ".finished"


def root_of(environment: Mapping[str, str]) -> Path:
    """Cache folder: HOLDFAST_CACHE, else ~/.cache/holdfast."""
    named = environment.get("HOLDFAST_CACHE")
    return Path(named).expanduser().absolute() if named else Path.home() / ".cache" / "holdfast"


def python_tag() -> str:
    """What a compiled package depends on besides its version."""
    return f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}-{platform.machine()}"


def digest_of_files(paths: Iterable[Path], *more: str) -> str:
    """Digest of the files' names and bytes in the given order, and of `more`."""
    digest = sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    for text in more:
        digest.update(b"\1" + text.encode())
    return digest.hexdigest()


def is_finished(folder: Path) -> bool:
    return (folder / FINISHED).is_file()


def mark_finished(folder: Path, note: str) -> None:
    """Say that `folder` is whole; everything in it is on disk before the mark is."""
    draft = folder / f"{FINISHED}.{os.getpid()}"
    draft.write_text(note + "\n", encoding="utf-8")
    draft.replace(folder / FINISHED)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Wait for, then hold, the lock file: two starts never build the same thing at once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
