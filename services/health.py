"""Whether the process lives, and whether it can serve. Neither needs a credential or tells a secret."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import text

from services import errors
from services.dependencies import Opened
from services.resources import Resources
from services.retrieval.following import IndexFollower

router = APIRouter(tags=["health"])
# A replica whose own indexes are further behind would answer from what is no longer so.
MOST_LAG_S = 5.0


class Liveness(BaseModel):
    """The process answers; says nothing of its parts."""

    status: str = "live"


class Readiness(BaseModel):
    """`ready` needs SQL and the chunk index; without the engine, search still answers."""

    ready: bool
    release_id: str
    parts: dict[str, bool]


@router.get("/live")
async def live() -> Liveness:
    return Liveness()


@router.get("/ready", responses={503: {"model": Readiness}})
async def ready(request: Request, resources: Opened, response: Response) -> Readiness:
    """Each part's state; 503 while one that every request needs is down."""
    follower: IndexFollower | None = getattr(request.app.state, "follower", None)
    follows = follower is None or follower.lag_s() < MOST_LAG_S
    database, index, queue, engine = await asyncio.gather(
        run_in_threadpool(_answers, resources, _ask_database),
        run_in_threadpool(_answers, resources, _ask_index),
        run_in_threadpool(_answers, resources, _ask_queue),
        resources.model.is_ready(),
    )
    is_ready = database and index and follows
    response.status_code = 200 if is_ready else 503
    return Readiness(
        ready=is_ready,
        release_id=resources.lock.release_id,
        parts={
            "database": database,
            "chunk_index": index,
            "own_indexes": follows,
            "queue": queue,
            "engine": engine,
        },
    )


def _answers(resources: Resources, ask: Callable[[Resources], None]) -> bool:
    try:
        ask(resources)
    except errors.Unavailable:
        return False
    return True


def _ask_database(resources: Resources) -> None:
    with resources.transactions.read() as session:
        session.execute(text("SELECT 1"))


def _ask_index(resources: Resources) -> None:
    resources.chunk_index.heartbeat()


def _ask_queue(resources: Resources) -> None:
    resources.queue.waiting()
