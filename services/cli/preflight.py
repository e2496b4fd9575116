"""What must be true before anything starts: each problem is one sentence that says what to do."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil

GIB = 1024**3
DISK_NEEDED = 2 * GIB
MEMORY_NEEDED = 5 * GIB


def problems(host: str, port: int, data_dir: Path) -> list[str]:
    """Everything that would make the start fail later, found now."""
    return [*_port_problems(host, port), *_disk_problems(data_dir), *_memory_problems()]


def _port_problems(host: str, port: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield (
                f"Port {port} on {host} is taken ({error.strerror}). End what uses it, "
                "or choose another: HOLDFAST_WEB__PORT=3100 make run"
            )


def _disk_problems(data_dir: Path) -> Iterator[str]:
    existing = next(folder for folder in (data_dir, *data_dir.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < DISK_NEEDED:
        yield f"{existing} has {free / GIB:.1f} GiB free, {DISK_NEEDED / GIB:.0f} are needed: free some space"


def _memory_problems() -> Iterator[str]:
    available = psutil.virtual_memory().available
    if available < MEMORY_NEEDED:
        yield (
            f"{available / GIB:.1f} GiB of memory are available, {MEMORY_NEEDED / GIB:.0f} are needed: "
            "close other programs"
        )


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
