"""Microsoft's compound files (legacy Office, Outlook mail, encrypted Office): named streams in one file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.errors import DocumentCorrupt

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE, CHAIN_END, LARGEST_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFA
ENTRY_BYTES = 128
STORAGE, STREAM, ROOT = 1, 2, 5
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """A stream or storage; `path` runs from the root, names joined by slashes, in lower case."""

    path: str
    kind: int
    start: int
    size: int


class CompoundFile:
    """Every stream by its path; chains that run in circles or out of the file are DocumentCorrupt."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(SIGNATURE) or len(data) < 512:
            raise DocumentCorrupt
        self.data = data
        self._shift, self._mini_shift = struct.unpack_from("<HH", data, 30)
        if self._shift not in (9, 12) or self._mini_shift != 6:
            raise DocumentCorrupt
        self._fat = self._numbers(self._fat_sectors())
        directory = self._chain(struct.unpack_from("<I", data, 48)[0])
        self._cutoff, mini = struct.unpack_from("<II", data, 56)
        self._mini_fat = struct.unpack(f"<{len(found) // 4}I", found) if (found := self._chain(mini)) else ()
        self.entries = {entry.path: entry for entry in _entries(directory)}
        root = self.entries.get("")
        self._mini = self._chain(root.start) if root else b""

    def __contains__(self, path: str) -> bool:
        return path.lower() in self.entries

    def stream(self, path: str) -> bytes:
        """The stream's bytes; empty where there is none of this name."""
        entry = self.entries.get(path.lower())
        if entry is None or entry.kind != STREAM or not entry.size:
            return b""
        whole = self._mini_chain(entry.start) if entry.size < self._cutoff else self._chain(entry.start)
        return whole[: entry.size]

    def names(self, storage: str = "") -> list[str]:
        """Names directly inside a storage."""
        lead = f"{storage.lower()}/" if storage else ""
        return [
            path[len(lead) :]
            for path in self.entries
            if path and path.startswith(lead) and "/" not in path[len(lead) :]
        ]

    def _fat_sectors(self) -> list[int]:
        """Where the allocation table lies: 109 places in the header, the rest in a chain of their own."""
        found = list(struct.unpack_from("<109I", self.data, 76))
        at = struct.unpack_from("<I", self.data, 68)[0]
        seen: set[int] = set()
        while at <= LARGEST_SECTOR and at not in seen:
            seen.add(at)
            *more, at = struct.unpack(f"<{(1 << self._shift) // 4}I", self._sector(at))
            found += more
        return [sector for sector in found if sector <= LARGEST_SECTOR]

    def _numbers(self, sectors: list[int]) -> tuple[int, ...]:
        if len(sectors) << self._shift > len(self.data):
            raise DocumentCorrupt
        joined = b"".join(self._sector(sector) for sector in sectors)
        return struct.unpack(f"<{len(joined) // 4}I", joined)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        found = self.data[start : start + (1 << self._shift)]
        if not found:
            raise DocumentCorrupt
        return found.ljust(1 << self._shift, b"\x00")

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in _walk(start, self._fat))

    def _mini_chain(self, start: int) -> bytes:
        size = 1 << self._mini_shift
        return b"".join(self._mini[n * size : (n + 1) * size] for n in _walk(start, self._mini_fat))


def _walk(start: int, table: tuple[int, ...]) -> Iterator[int]:
    """Sector numbers of a chain, each at most once."""
    left = len(table)
    while start <= LARGEST_SECTOR:
        if start >= len(table) or left == 0:
            raise DocumentCorrupt
        yield start
        start, left = table[start], left - 1


def _entries(directory: bytes) -> Iterator[Entry]:
    """The tree of names, walked without trusting it to be one."""
    count = len(directory) // ENTRY_BYTES
    seen: set[int] = set()
    waiting = [(0, "", 0)] if count else []
    while waiting:
        number, above, depth = waiting.pop()
        if number >= count or number in seen or depth > DEEPEST:
            continue
        seen.add(number)
        entry, left, right, child = _entry(directory, number, above)
        waiting += [(left, above, depth), (right, above, depth)]
        if entry.kind in (STORAGE, ROOT):
            inside = f"{entry.path}/" if entry.path else ""
            waiting.append((child, inside, depth + 1))
        if entry.kind:
            yield entry


def _entry(directory: bytes, number: int, above: str) -> tuple[Entry, int, int, int]:
    raw = directory[number * ENTRY_BYTES : (number + 1) * ENTRY_BYTES]
    length, kind = struct.unpack_from("<HB", raw, 64)
    left, right, child = struct.unpack_from("<III", raw, 68)
    start, size = struct.unpack_from("<II", raw, 116)
    name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
    path = "" if kind == ROOT else above + name.replace("/", "_")
    return Entry(path, kind, start, size), left, right, child
