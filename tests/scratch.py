"""Where tests write: in memory, on machines with room for it, as nothing of theirs need outlive them.

Every commit of a test waits for the disk otherwise, which took a third of the time that all of them need.
"""

import os
import shutil
from pathlib import Path

import psutil
import pytest

IN_MEMORY = Path("/dev/shm")
FREE_BYTES = 8 * 1024**3
NAME = "holdfast-tests"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest chooses a folder; its workers are given theirs in it."""
    if config.option.basetemp is None and has_room(IN_MEMORY):
        remove_left_over(IN_MEMORY)
        config.option.basetemp = str(IN_MEMORY / f"{NAME}-{os.getpid()}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that chose the folder removes it."""
    chosen = IN_MEMORY / f"{NAME}-{os.getpid()}"
    if config.option.basetemp == str(chosen):
        shutil.rmtree(chosen, ignore_errors=True)


def remove_left_over(folder: Path) -> None:
    """What processes left that were killed, and are no more."""
    for left in folder.glob(f"{NAME}-*"):
        pid = left.name.rpartition("-")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def has_room(folder: Path) -> bool:
    """Whether programs can be started there, and neither it nor the machine's memory is short."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    is_large = found.f_bavail * found.f_frsize > FREE_BYTES and psutil.virtual_memory().available > FREE_BYTES
    return is_large and not found.f_flag & os.ST_NOEXEC
