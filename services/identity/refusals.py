"""What a known caller was refused goes into the trail, apart: the request itself is rolled back."""

import logging
import re

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from services import audit, errors
from services.identity.callers import Caller
from services.resources import Resources

log = logging.getLogger(__name__)
NOTED = (errors.Forbidden, errors.NotFound)
AN_ID = re.compile(r"[0-9a-f]{32,64}")


async def note(request: Request, error: errors.HoldfastError) -> None:
    """Record a 403, or a 404 of whatever kind, before it is told; of nobody known there is no entry."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None or not isinstance(error, NOTED):
        return
    try:
        await run_in_threadpool(_write, request, caller, error)
    except errors.Unavailable as unavailable:  # what was refused stays refused
        log.warning("a refusal could not be recorded", extra={"code": unavailable.code})


def _write(request: Request, caller: Caller, error: errors.HoldfastError) -> None:
    resources: Resources = request.app.state.resources
    given = {str(value): name for name, value in request.path_params.items()}
    parts = [f"{{{given[part]}}}" if part in given else part for part in request.url.path.split("/")]
    named = [value for value in given if AN_ID.fullmatch(value)]
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "access.refused",
            named[0] if named else "",
            credential=caller.credential_id,
            code=error.code,
            route=f"{request.method} {'/'.join(parts)}",
        )
