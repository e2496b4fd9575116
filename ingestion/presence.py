"""A worker says that it is there, so that a queue without one shows as such."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from services import errors
from services.database.session import Transactions
from services.runs import queue

EVERY_S = 15.0


@contextmanager
def saying(name: str, kinds: Collection[str], transactions: Transactions) -> Iterator[None]:
    """Say so while the block runs, from a thread: a long document must not look like a dead worker."""
    ended = threading.Event()
    arguments = (name, kinds, transactions, ended)
    thread = threading.Thread(target=_keep_saying, args=arguments, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_saying(
    name: str, kinds: Collection[str], transactions: Transactions, ended: threading.Event
) -> None:
    while not ended.is_set():
        try:
            with transactions.write() as session:
                queue.say_alive(session, name, kinds)
        except errors.HoldfastError:
            pass  # the database is down or busy; the next time is soon enough
        ended.wait(EVERY_S)
    try:
        with transactions.write() as session:
            queue.leave(session, name)
    except errors.HoldfastError:
        pass  # it will be counted as silent
