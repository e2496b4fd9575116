"""Steady work inside an api's process: one thing after another, looked for now and then, or when told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from services import errors

log = logging.getLogger(__name__)


class SteadyWork:
    """Calls `work_once` while `serving`, until it says that there is nothing; `look` wakes it."""

    def __init__(self, name: str, work_once: Callable[[], Awaitable[bool]], look_every_s: float) -> None:
        self._name, self._work_once, self._look_every_s = name, work_once, look_every_s
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def look(self) -> None:
        """From any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._keep_working())
        try:
            yield
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _keep_working(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self._work_once():
                    pass
            except errors.HoldfastError as error:
                log.warning("steady work waits", extra={"work": self._name, "code": error.code})
            except Exception:  # the next look may go well
                log.exception("steady work broke off", extra={"work": self._name})
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._wake.wait()
