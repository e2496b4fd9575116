"""A real Chroma server for the tests that need one: its own folder, a free port."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services import errors
from services.adapters.chroma import ChunkIndex

COMMAND = Path(sys.executable).parent / "chroma"


@dataclass
class ChromaServer:
    """A server that can be killed and started again on its port."""

    folder: Path
    port: int
    process: subprocess.Popen | None = None

    def start(self, deadline_s: float = 120.0) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)],
            env={"ANONYMIZED_TELEMETRY": "False"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_ready(time.monotonic() + deadline_s)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def index(self, generation: str) -> ChunkIndex:
        return ChunkIndex("127.0.0.1", self.port, generation)

    def _wait_until_ready(self, deadline: float) -> None:
        index = self.index("readiness")
        try:
            while time.monotonic() < deadline:
                try:
                    return index.heartbeat()
                except errors.IndexUnavailable:
                    threading.Event().wait(0.05)
        finally:
            index.close()
        raise TimeoutError("chroma did not become ready")


@contextmanager
def running_chroma(folder: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """One below those that systems give to connections: none of theirs takes it before its server listens."""
    while True:
        port = random.randrange(12_000, 32_000)  # noqa: S311  (no secret)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
