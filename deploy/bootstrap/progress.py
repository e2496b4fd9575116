"""What the person who waits sees: one line for each stage with a bar and its seconds."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BAR_WIDTH = 20
LAST_LINES = 25
UV_PREPARED = re.compile(r"Prepared \d+ packages? in (?:(\d+)m )?([\d.]+)(ms|s)")


class StageFailed(Exception):
    """A stage could not be finished; the message is for the person at the terminal."""


@dataclass
class Progress:
    """Stages done so far and the seconds they took; `downloading` is the part spent on the network."""

    total: int
    logs: Path
    done: int = 0
    downloading: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show `title` with running seconds until the block ends."""
        begun, ended = time.monotonic(), threading.Event()
        ticking = threading.Thread(target=self._tick, args=(title, begun, ended), daemon=True)
        ticking.start()
        try:
            yield
            self.done += 1
        finally:
            ended.set()
            ticking.join()
            self._write(title, time.monotonic() - begun, "\n")

    def skip(self, title: str) -> None:
        """Count a stage that found everything in place."""
        self.done += 1
        self._write(f"{title}: in place", 0.0, "\n")

    def _tick(self, title: str, begun: float, ended: threading.Event) -> None:
        if not sys.stderr.isatty():
            self._write(title, 0.0, "\n")
            return
        while not ended.is_set():
            self._write(title, time.monotonic() - begun, "\r")
            ended.wait(1.0)

    def _write(self, title: str, seconds: float, end: str) -> None:
        filled = BAR_WIDTH * self.done // max(self.total, 1)
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        sys.stderr.write(f"{bar} {self.done}/{self.total} {title:<46} {seconds:5.0f} s{end}")
        sys.stderr.flush()

    def summary(self) -> str:
        seconds = time.monotonic() - self.started
        return f"prepared in {seconds:.0f} s, of which about {self.downloading:.0f} s were downloads"

    def run(self, name: str, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> str:
        """Output of `command`, kept in the log NAME; StageFailed with its last lines where it fails."""
        log = self.logs / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w+", encoding="utf-8", errors="replace") as file:
            status = subprocess.call(
                command, cwd=cwd, env=dict(environment), stdout=file, stderr=subprocess.STDOUT
            )
            file.seek(0)
            output = file.read()
        if status:
            last = "\n".join(output.splitlines()[-LAST_LINES:])
            raise StageFailed(f"{name} failed with status {status}; the end of {log}:\n{last}")
        return output

    def count_download(self, output: str) -> None:
        """Add the seconds that uv reports for fetching packages."""
        for minutes, amount, unit in UV_PREPARED.findall(output):
            self.downloading += int(minutes or 0) * 60 + float(amount) / (1000 if unit == "ms" else 1)
