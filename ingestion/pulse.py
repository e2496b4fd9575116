"""Two files by which a process without a port is probed: `NAME.alive`, touched while its interpreter runs,
and `NAME.ready`, there while it takes work.

A thread of its own touches the first, so that a database or a broker that is down never looks like a process
that hangs: restarting it would not bring them back.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BEAT_EVERY_S = 10.0


def folder_in(data_dir: Path) -> Path:
    return data_dir / "pulse"


@contextmanager
def beating(folder: Path, name: str, every_s: float = BEAT_EVERY_S) -> Iterator[Path]:
    """Touch the file while the block runs; yields its path."""
    folder.mkdir(parents=True, exist_ok=True)
    alive, ended = folder / f"{name}.alive", threading.Event()
    alive.touch()
    thread = threading.Thread(target=_beat, args=(alive, ended, every_s), name="pulse", daemon=True)
    thread.start()
    try:
        yield alive
    finally:
        ended.set()
        thread.join()


def _beat(alive: Path, ended: threading.Event, every_s: float) -> None:
    while not ended.wait(every_s):
        alive.touch()


def say_ready(folder: Path, name: str, *, is_ready: bool) -> None:
    """Leave the mark that says work is taken, or take it away."""
    mark = folder / f"{name}.ready"
    mark.parent.mkdir(parents=True, exist_ok=True)
    if is_ready:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)
