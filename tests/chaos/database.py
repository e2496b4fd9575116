"""PostgreSQL as a part that can be killed: its first process dies, and the same data is served again."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psutil
from sqlalchemy import make_url

from services.settings import Settings
from tests.parts import migrate, postgres_process

START_WITHIN_S = 120.0


class Database(Protocol):
    """Where SQL is, and how it dies. SQLite lives in the processes themselves, and dies with them."""

    url: str

    def kill(self) -> None: ...

    def start(self) -> None: ...


class Sqlite:
    """A file in the data folder."""

    url = ""

    def kill(self) -> None:
        pass

    def start(self) -> None:
        pass


class Postgres:
    """A server with its durability on."""

    def __init__(self, server: Any) -> None:
        self._server = server
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)

    def kill(self) -> None:
        """The first process dies at once, its children as soon as they notice."""
        first = psutil.Process(self._server.get_pid())
        family = [first, *first.children(recursive=True)]
        first.kill()
        psutil.wait_procs(family, timeout=START_WITHIN_S)
        # A number that was given again, or a body nobody buried, would be taken for a server that runs.
        (self._server.pgdata / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        """Serve again; its own children may hold the memory for a moment after the first process died."""
        ends_at = time.monotonic() + START_WITHIN_S
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except (subprocess.SubprocessError, OSError):
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.5)


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Database]:
    """A migrated database: `sqlite` in the data folder, or `postgres` beside it."""
    if kind == "sqlite":
        migrate(Settings(data_dir=folder))
        yield Sqlite()
        return
    with postgres_process() as server:
        database = Postgres(server)
        migrate(Settings(data_dir=folder, database={"url": database.url}))
        yield database
