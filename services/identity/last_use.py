"""When an API key was last used: written beside the request, so that no reader waits for a writer."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from services import errors
from services.database.session import Transactions, now
from services.database.tables.identity import ApiKey

EVERY = timedelta(minutes=1)
MAX_PENDING = 1000

_log = logging.getLogger(__name__)
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="last-use")
_pending: dict[str, Future[None]] = {}
_lock = threading.Lock()


def note(transactions: Transactions, key_id: str, last_used_at: datetime | None) -> None:
    """Have the use written soon, at most once a minute; returns at once and never fails the request."""
    if last_used_at is not None and now() - last_used_at < EVERY:
        return
    with _lock:
        if key_id in _pending or len(_pending) >= MAX_PENDING:
            return
        _pending[key_id] = _writer.submit(_write, transactions, key_id, now())


def settle() -> None:
    """Wait until every noted use is written."""
    with _lock:
        waiting = list(_pending.values())
    for future in waiting:
        future.result()


def _write(transactions: Transactions, key_id: str, at: datetime) -> None:
    try:
        with transactions.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=at))
    except (errors.HoldfastError, SQLAlchemyError):
        _log.warning("an API key's last use could not be written", extra={"key_id": key_id})
    finally:
        with _lock:
            _pending.pop(key_id, None)
