"""What an installation without `holdfast up` does once: migrate, wait, make the first administrator."""

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from services import errors
from services.database import schema
from services.database.session import Transactions
from services.identity import first_start

LOOK_EVERY_S = 2.0


def until_available(call: Callable[[], None], wait_s: float) -> None:
    """`call`, again and again while the database is not available, for at most `wait_s` seconds."""
    ends_at = time.monotonic() + wait_s
    while True:
        try:
            return call()
        except errors.DatabaseUnavailable:
            if time.monotonic() + LOOK_EVERY_S > ends_at:
                raise
        time.sleep(LOOK_EVERY_S)


def migrate(engine: Engine, revision: str, wait_s: float) -> None:
    """Bring the schema to `revision`, waiting for a database that is still starting."""
    until_available(lambda: _reached(engine), wait_s)
    schema.migrate(engine, revision)


def _reached(engine: Engine) -> None:
    schema.stored_revision(engine)


def await_schema(engine: Engine, wait_s: float) -> None:
    """Return once the database has exactly this build's schema; else errors.DatabaseUnavailable."""
    until_available(lambda: schema.require_current(engine), wait_s)


def make_first_admin(engine: Engine, login: str, password_file: Path) -> bool:
    """Whether an administrator was made; nothing happens where somebody administers already."""
    password = password_file.read_text(encoding="utf-8").strip()
    with Transactions(engine).write() as session:
        return first_start.ensure_first_admin(session, login, password) is not None
