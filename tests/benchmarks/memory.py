"""Peak memory of each process with all that it starts, sampled beside the measurements."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psutil

EVERY_S = 0.25
MIB = 1024 * 1024


class PeakMemory:
    """`with PeakMemory(pids) as peaks:` … `peaks.mib`: the largest sum of resident sets seen of each tree.

    Pages shared by a process and its forked children count once for each of them.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._peaks: dict[str, int] = defaultdict(int)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    @property
    def mib(self) -> dict[str, float]:
        return {name: peak / MIB for name, peak in self._peaks.items()}

    def __enter__(self) -> Self:
        self.sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def sample(self) -> None:
        for name, pid in self._pids.items():
            self._peaks[name] = max(self._peaks[name], tree_bytes(pid))

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.sample()


def tree_bytes(pid: int) -> int:
    """Resident bytes of a process and all its descendants; those that ended meanwhile count nothing."""
    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_resident(member) for member in members)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
