"""REST of limits: what counts for the caller, and how much of it is left."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.dependencies import Opened
from services.identity import limits
from services.identity.callers import CurrentCaller
from services.identity.limits import Use, What, Who

router = APIRouter(prefix="/api/v1/limits", tags=["identity"])


class LimitOut(BaseModel):
    """One bound. `seconds` is the window's length, 0 for what goes on at once; null where Redis is away."""

    what: What
    who: Who
    group: str | None
    limit: int
    seconds: int
    remaining: int | None
    more_in_s: float | None


class LimitsOut(BaseModel):
    """Without items nothing is bounded."""

    items: list[LimitOut]


@router.get("")
def show_limits(caller: CurrentCaller, resources: Opened) -> LimitsOut:
    return LimitsOut(items=[_shown(use) for use in limits.uses(caller, resources)])


def _shown(use: Use) -> LimitOut:
    return LimitOut(
        what=use.what,
        who=use.subject.who,
        group=use.subject.name if use.subject.who == "group" else None,
        limit=use.limit,
        seconds=use.seconds,
        remaining=use.left.remaining if use.left else None,
        more_in_s=round(use.left.more_in_s, 1) if use.left else None,
    )
