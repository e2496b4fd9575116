"""Small disks of our own under parts of the data folder, to be filled and emptied again.

A mount needs the right to make one; where it is missing there are no such disks, and no such faults.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMES = ("files", "chroma", "lexical", "vectors")
SIZE = "96m"
PIECE = b"\0" * 65536


@dataclass(frozen=True)
class Volume:
    """A disk that something else can fill."""

    folder: Path

    @property
    def filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave not a byte."""
        with self.filler.open("wb", buffering=0) as file:
            for piece in (PIECE, b"\0"):
                try:
                    while file.write(piece):
                        pass
                except OSError:
                    continue

    def clear(self) -> None:
        self.filler.unlink(missing_ok=True)


@contextmanager
def small_volumes(data: Path) -> Iterator[dict[str, Volume]]:
    """One for each part that writes; none where this person may not mount."""
    mounted: dict[str, Volume] = {}
    try:
        for name in NAMES:
            folder = data / name
            folder.mkdir(parents=True, exist_ok=True)
            command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
            if subprocess.run(command, capture_output=True, check=False).returncode:
                break
            mounted[name] = Volume(folder)
        yield mounted
    finally:
        for one in mounted.values():
            subprocess.run(["umount", "-l", str(one.folder)], capture_output=True, check=False)
