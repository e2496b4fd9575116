"""What a child hands out beside text: a line that says what comes, then so many bytes; nothing is trusted."""

import json
from collections.abc import Iterator
from typing import Any

from ingestion.parsing.outcome import reported
from ingestion.parsing.sandbox import Child
from services.errors import DocumentCorrupt

LONGEST_LINE = 64 * 1024


class Frames:
    """The lines and bytes of one child's stream, in the order they come."""

    def __init__(self, child: Child, most: int) -> None:
        self._parts = child.stream(most)
        self._held = b""

    def lines(self) -> Iterator[dict[str, Any]]:
        """Each line; what it announces must be taken by `content` before the next one is asked for."""
        while (line := self._line()) is not None:
            if "error" in line:
                raise reported(line)
            if "done" in line:
                return
            if "walls" not in line:
                yield line
        raise DocumentCorrupt

    def content(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes; DocumentCorrupt where fewer come."""
        while size > 0:
            if not self._held and not self._more():
                raise DocumentCorrupt
            part, self._held = self._held[:size], self._held[size:]
            size -= len(part)
            yield part

    def _line(self) -> dict[str, Any] | None:
        while b"\n" not in self._held:
            if len(self._held) > LONGEST_LINE or not self._more():
                return None
        raw, _, self._held = self._held.partition(b"\n")
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            return None
        return line if isinstance(line, dict) else None

    def _more(self) -> bool:
        part = next(self._parts, b"")
        self._held += part
        return bool(part)
