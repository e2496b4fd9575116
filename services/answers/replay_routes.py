"""REST of replays: one's own answer made again and compared."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.answers import admission
from services.answers.replay import replay
from services.answers.replay_verdict import Cannot, Cause, Likeness, Replayed
from services.answers.streaming import while_connected
from services.dependencies import Opened
from services.errors import Unavailable
from services.identity.callers import MayAsk

router = APIRouter(prefix="/api/v1/answers/{answer_id}/replay", tags=["answers"])


class ReplayOut(BaseModel):
    """`said` compares what the model said, `shown` what the reader sees; `outcome` is the worse of both.

    After `cannot`, `reason` says why; a source's removal also has its date.
    """

    answer_id: str
    outcome: Likeness | Literal["cannot"]
    cause: Cause
    reason: str
    removed_at: datetime | None = None
    said: Likeness | None = None
    shown: Likeness | None = None
    prompt_is_same: bool | None = None
    is_afresh: bool | None = None
    """Whether the engine read the sources past its prefix cache: it computes cached ones in other steps."""
    changed_parts: list[str] = []
    release_then: str = ""
    release_now: str = ""
    text: str = ""
    diff: list[str] = []


@router.post("")
async def replay_answer(answer_id: str, request: Request, caller: MayAsk, resources: Opened) -> ReplayOut:
    """Rebuild the prompt from its stored passages, ask the model again, and compare."""
    ticket = admission.enter(request, caller.person_id)
    work = admission.at_once(ticket, replay(caller, answer_id, resources))
    outcome = await while_connected(request, work)
    if outcome is None:
        raise Unavailable("The caller left")
    return shown(outcome)


def shown(outcome: Replayed | Cannot) -> ReplayOut:
    if isinstance(outcome, Cannot):
        return ReplayOut(
            answer_id=outcome.answer_id,
            outcome=outcome.outcome,
            cause=outcome.cause,
            reason=f"cannot: {outcome.reason}",
            removed_at=outcome.removed_at,
        )
    return ReplayOut(
        answer_id=outcome.answer_id,
        outcome=outcome.outcome,
        cause=outcome.cause,
        reason=outcome.reason,
        said=outcome.said,
        shown=outcome.shown,
        prompt_is_same=outcome.prompt_is_same,
        is_afresh=outcome.is_afresh,
        changed_parts=list(outcome.changed_parts),
        release_then=outcome.release_then,
        release_now=outcome.release_now,
        text=outcome.text,
        diff=list(outcome.diff),
    )
