"""Where the native library that kreuzberg carries is unpacked: a folder that only this user can write."""

import os
import stat
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def library_folder() -> Path:
    """One per user and kreuzberg version, kept between processes; a fresh one where that name is taken."""
    folder = Path(tempfile.gettempdir()) / f"holdfast-{os.geteuid()}-kreuzberg-{version('kreuzberg')}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder if _is_ours(folder) else Path(tempfile.mkdtemp(prefix="holdfast-kreuzberg-"))


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
