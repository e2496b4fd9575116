"""The parent's side: starts the child, feeds it descriptors, bounds what comes back, and ends it on time."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ingestion.parsing.library_folder import library_folder
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentOverLimit

CHILD = Path(__file__).parents[1] / "reading" / "child.py"
READ_AT_ONCE = 1024 * 1024
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "RAYON_NUM_THREADS": "1",
    "TOKIO_WORKER_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How reading one document ended: what it wrote, and its exit code or minus its signal."""

    output: bytes
    status: int


class Child:
    """One child for a few documents, read one after another in the order given.

    `task` is what it does with each: "read" it, hand out its "attachments", or show "pictures" of `pages`.
    """

    def __init__(
        self,
        documents: Sequence[tuple[Path, str]],
        limits: ParseLimits,
        task: str = "read",
        pages: Sequence[int] = (),
    ) -> None:
        self.limits = limits
        self._task = {"task": task, "pages": list(pages)}
        self.outputs: list[int] = []
        self.report = -1
        self.is_killed = False
        self._start(documents)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for descriptor in (*self.outputs, self.report):
            os.close(descriptor)

    def result(self, number: int) -> Ended:
        """What became of document `number`; DocumentOverLimit once it goes too far, and the child is gone."""
        ends_at = time.monotonic() + self.limits.wall_s
        output = self._read(self.outputs[number], ends_at, self.limits.output_bytes)
        status = self._read(self.report, ends_at, 16, until=b"\n")
        return Ended(output, int(status) if status.strip() else -int(signal.SIGKILL))

    def stream(self, most: int) -> Iterator[bytes]:
        """What comes of the first document, as it comes; ends typed after `wall_s` or `most` bytes."""
        ends_at = time.monotonic() + self.limits.wall_s
        size = 0
        while self._is_ready(self.outputs[0], ends_at):
            part = os.read(self.outputs[0], READ_AT_ONCE)
            size += len(part)
            if size > most:
                self._stop("The file holds more than can be taken out of it; split it into smaller files.")
            if not part:
                return
            yield part
        self._stop("Reading the file took too long; split it into smaller files.")

    def kill(self) -> None:
        """The whole group, so that nothing the child started is left."""
        self.is_killed = True
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _start(self, documents: Sequence[tuple[Path, str]]) -> None:
        given: list[int] = []
        try:
            self.report, report = self._pipe(given)
            entries = [self._entry(path, media_type, given) for path, media_type in documents]
            order = {
                "parent": os.getpid(),
                "limits": asdict(self.limits),
                "report": report,
                "documents": entries,
            }
            order["libraries"] = str(library_folder())
            self.process = self._spawn(json.dumps(order), given)
        except BaseException:
            for descriptor in (*self.outputs, self.report):
                os.close(descriptor)
            raise
        finally:
            for descriptor in given:
                os.close(descriptor)

    def _pipe(self, given: list[int]) -> tuple[int, int]:
        mine, theirs = os.pipe()
        given.append(theirs)
        return mine, theirs

    def _entry(self, path: Path, media_type: str, given: list[int]) -> dict[str, object]:
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        given.append(source)
        mine, theirs = self._pipe(given)
        self.outputs.append(mine)
        return {"input": source, "output": theirs, "media_type": media_type, **self._task}

    def _spawn(self, order: str, given: Sequence[int]) -> subprocess.Popen[bytes]:
        """In a folder that is removed at once: nothing can be written there, and nothing is left behind."""
        with tempfile.TemporaryDirectory(prefix="holdfast-parse-") as empty:
            return subprocess.Popen(
                [sys.executable, "-I", str(CHILD), order],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT | {"TMPDIR": str(library_folder())},
                cwd=empty,
                pass_fds=given,
                start_new_session=True,
                umask=0o077,
            )

    def _read(self, descriptor: int, ends_at: float, most: int, until: bytes = b"") -> bytes:
        parts: list[bytes] = []
        size = 0
        while self._is_ready(descriptor, ends_at):
            part = os.read(descriptor, READ_AT_ONCE if not until else 1)
            parts.append(part)
            size += len(part)
            if size > most:
                self._stop("Reading the file gives more text than it may; split it into smaller files.")
            if not part or part == until:
                return b"".join(parts)
        self._stop("Reading the file took too long; split it into smaller files.")
        raise AssertionError

    def _is_ready(self, descriptor: int, ends_at: float) -> bool:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, ends_at - time.monotonic()) * 1000))

    def _stop(self, reason: str) -> None:
        self.kill()
        raise DocumentOverLimit(reason)
