"""What must be true before anything is built or started; every message says what to do."""

import os
import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
LEAST_MEMORY = 6 * 1024**3
GIB = 1024**3


def python_problem(version: tuple[int, int]) -> str | None:
    """Why this Python cannot build the environments, None where it can."""
    if OLDEST <= version <= NEWEST:
        return None
    found, oldest, newest = (".".join(map(str, each)) for each in (version, OLDEST, NEWEST))
    return f"Python {oldest} to {newest} is needed, this is {found}: try `make run PYTHON=python{oldest}`"


def venv_problem() -> str | None:
    if find_spec("venv") and find_spec("ensurepip"):
        return None
    return "Python's venv module is incomplete: on Debian or Ubuntu, `apt-get install python3-venv`"


def disk_problem(folder: Path, needed: int) -> str | None:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free >= needed:
        return None
    return (
        f"{needed / GIB:.1f} GiB are needed under {folder}, {free / GIB:.1f} GiB are free: "
        "make room, or name another folder in HOLDFAST_CACHE"
    )


def memory_problem(needed: int = LEAST_MEMORY) -> str | None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if total >= needed:
        return None
    return f"{needed / GIB:.0f} GiB of memory are needed, this machine has {total / GIB:.1f} GiB"


def problems(folder: Path, needed_bytes: int) -> Iterable[str]:
    """Every reason not to start, so that they can be put right in one go."""
    found = (
        python_problem(sys.version_info[:2]),
        venv_problem(),
        disk_problem(folder, needed_bytes),
        memory_problem(),
    )
    return [each for each in found if each]
