"""Whether somebody may still be told what is being written for them: asked before each sentence leaves.

A suspension, an ended session, a revoked key, a group taken away or a document withdrawn stops the answer at
the sentence it has come to.
"""

import time
from collections.abc import Collection

from fastapi.concurrency import run_in_threadpool

from services import errors
from services.answers import records
from services.identity import callers
from services.identity.callers import Caller
from services.resources import Resources

TOKENS_EVERY_S = 1.0
"""Raw tokens come by the dozen a second: time decides there, not their number."""


class Watch:
    """One answer's watch."""

    def __init__(self, caller: Caller, resources: Resources) -> None:
        self._caller, self._resources = caller, resources
        self._looked_at = time.monotonic()

    async def before(self, event: str, version_ids: Collection[str] = ()) -> None:
        """errors.NotSignedIn or errors.NotFound where the event may not be told any more."""
        if event == "token" and time.monotonic() - self._looked_at < TOKENS_EVERY_S:
            return
        await run_in_threadpool(self._look, set(version_ids))
        self._looked_at = time.monotonic()

    def _look(self, version_ids: set[str]) -> None:
        with self._resources.transactions.read() as session:
            caller = callers.now_in(session, self._caller)
            if version_ids and not records.are_readable(session, caller, version_ids):
                raise errors.NotFound(records.WITHDRAWN)
