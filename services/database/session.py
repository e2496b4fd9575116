"""Transactions: the edge opens one, all inside share it, and what must follow waits for its commit."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from services import errors
from services.settings import Settings

AFTER_COMMIT = "after_commit"


def open_engine(settings: Settings) -> Engine:
    """The process's connection pool; SQLite in WAL mode, or PostgreSQL."""
    url = settings.database_url
    if url.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return _open_sqlite(url, settings.database.busy_timeout_s)
    # Hidden parameters: an error's message must not carry a document's or a question's text.
    return create_engine(url, pool_size=settings.database.pool_size, pool_pre_ping=True, hide_parameters=True)


def _open_sqlite(url: str, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": busy_timeout_s, "isolation_level": None}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # The switch to WAL does not wait for another process that makes it: "database is locked" at once.
        with _one_process_at_a_time(engine.url.database):
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A writer that starts as a reader meets SQLITE_BUSY without waiting, so writers say so first.
        mode = "IMMEDIATE" if connection.get_execution_options().get("writes", True) else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


@contextmanager
def _one_process_at_a_time(database: str | None) -> Iterator[None]:
    if not database:
        yield  # in memory: nobody else's
        return
    # A file beside it: to close a second handle of the database itself would drop SQLite's own locks.
    with Path(f"{database}-opening").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Transactions:
    """Opens transactions on one engine: `with transactions.write() as session: ...`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; commits at the end, then runs what `after_commit` collected, in order."""
        with self._session(writes=True) as session:
            yield session
            session.commit()
            callbacks = session.info.pop(AFTER_COMMIT, [])
        for callback in callbacks:
            callback()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that writes nothing (no write lock on SQLite)."""
        with self._session(writes=False) as session:
            yield session

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[Session]:
        session = self._sessions()
        try:
            session.connection(execution_options={"writes": writes})
            yield session
        except OperationalError as error:
            raise _unavailable(error) from error
        except IntegrityError as error:
            raise errors.Conflict(
                "Something of this name, or just changed by another, is there already"
            ) from error
        except DataError as error:
            raise errors.InvalidRequest("A value holds characters that cannot be stored") from error
        except OverflowError as error:  # SQLite's driver, before it asks the database
            raise errors.InvalidRequest("A number is larger than can be stored") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise _unavailable(error) from error
            raise
        finally:
            session.close()


def _unavailable(error: DBAPIError) -> errors.HoldfastError:
    if "disk is full" in str(error.orig) or "No space left" in str(error.orig):
        return errors.StorageFull("The database's disk is full; free space and try again")
    return errors.DatabaseUnavailable()


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` once the transaction has committed; a rollback drops it."""
    session.info.setdefault(AFTER_COMMIT, []).append(callback)


def now() -> datetime:
    """This process's clock in UTC; leases use the database's own."""
    return datetime.now(UTC)
