"""What the child gives up before it reads a document: memory, time, files, the network, other processes.

Each wall stands alone; `Confinement` tells which ones this kernel let us build.
"""

import ctypes
import os
import resource
import signal
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ingestion.reading.limits import ParseLimits
from ingestion.reading.system_calls import refuse_system_calls

PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
OPEN_FILES = 64
ADDRESS_SPACE_PER_MEMORY = 4  # thread stacks and reserved arenas count as address space, not as memory

LANDLOCK_CREATE, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_PATH_BENEATH = 1
LANDLOCK_VERSION = 1
EXECUTE, READ_FILE, READ_DIRECTORY = 1, 1 << 2, 1 << 3
FILE_RIGHTS_OF_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1}
ALL_FILE_RIGHTS = (1 << 15) - 1


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which walls stand around the process that reads."""

    network_namespace: bool = False
    file_access: bool = False
    system_calls: bool = False

    def as_record(self) -> dict[str, bool]:
        return asdict(self)


def die_with(parent: int) -> None:
    """End when `parent` does, also when it died before this was asked for."""
    _libc().prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def leave_network() -> bool:
    """A network namespace with nothing in it, where this process may make one."""
    return bool(_libc().unshare(CLONE_NEWNET) == 0)


def bound_resources(limits: ParseLimits) -> None:
    """No limit on processes: it would count the user's others; the system-call filter refuses new ones."""
    bounds = {
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_AS: limits.memory_bytes * ADDRESS_SPACE_PER_MEMORY,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))


def confine(limits: ParseLimits, *, network_namespace: bool, readable: str) -> Confinement:
    """All that is left to do in the process that reads; nothing of it can be undone."""
    bound_resources(limits)
    libc = _libc()
    file_access = _leave_files(libc, [readable], READ_FILE | READ_DIRECTORY)
    return Confinement(network_namespace, file_access, refuse_system_calls(libc))


def confine_program(limits: ParseLimits, *, network_namespace: bool, folders: Sequence[str]) -> Confinement:
    """The same for a process that is about to become a program whose own files lie in `folders`."""
    bound_resources(limits)
    libc = _libc()
    file_access = _leave_files(libc, folders, EXECUTE | READ_FILE | READ_DIRECTORY)
    return Confinement(network_namespace, file_access, refuse_system_calls(libc, may_start=True))


def _leave_files(libc: ctypes.CDLL, folders: Sequence[str], rights: int) -> bool:
    """Landlock: no path can be opened any more but with these rights beneath `folders`."""
    version = libc.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    if version < 1 or libc.prctl(38, 1, 0, 0, 0) != 0:
        return False
    handled = struct.pack("Q", FILE_RIGHTS_OF_VERSION.get(version, ALL_FILE_RIGHTS))
    ruleset = libc.syscall(LANDLOCK_CREATE, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        added = [_allow(libc, ruleset, folder, rights) for folder in folders]
        return bool(all(added) and libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> bool:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if os.path.isdir(path) else rights & ~READ_DIRECTORY  # noqa: PTH112 - before any import
        rule = struct.pack("=Qi", allowed, place)
        return bool(libc.syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
