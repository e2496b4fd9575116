"""The search indexes, for administrators: what each replica holds, making them anew, and generations."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from services import audit, generations, runs
from services.adapters.job_queue import REPAIR_TASK
from services.database import changes
from services.database.session import now
from services.database.tables.generations import LIVE, IndexGeneration
from services.database.tables.library import IndexReplica
from services.dependencies import Opened, Reading
from services.identity.callers import MayAdminister, administrator
from services.retrieval import queries

router = APIRouter(prefix="/api/v1/index", tags=["index"])
LIVING = timedelta(seconds=60)


class GenerationOut(BaseModel):
    name: str
    state: str
    """`building`, `ready`, `live`, or `kept` for return."""
    embedder: str
    chunker: str
    versions: int | None
    """How many versions it holds; null for the live one."""
    missing_versions: int | None
    comparison: dict[str, Any]
    made_at: datetime
    live_since: datetime | None
    checked_at: datetime | None


class ReplicaOut(BaseModel):
    name: str
    generation: str
    behind: int
    """Changes it has not applied yet."""
    chunks: int
    is_right: bool | None
    """Whether it holds what upkeep counted in SQL; null where that was counted at another position."""
    seen_at: datetime


class IndexStatus(BaseModel):
    position: int
    generations: list[GenerationOut]
    replicas: list[ReplicaOut]


class SwitchRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    generation: str = Field(min_length=1, max_length=64)


class RebuildReply(BaseModel):
    run_id: str


@router.get("", dependencies=[Depends(administrator)])
def show_index(session: Reading) -> IndexStatus:
    """What every api replica holds, and the generations there are."""
    return _status(session)


def _status(session: Session) -> IndexStatus:
    newest, every = changes.newest_position(session), generations.every(session)
    by_name = {one.name: one for one in every}
    return IndexStatus(
        position=newest,
        generations=[_generation(session, one) for one in every],
        replicas=[
            _replica(row, by_name.get(row.generation), newest)
            for row in queries.replicas(session, now() - LIVING)
        ],
    )


def _generation(session: Session, one: IndexGeneration) -> GenerationOut:
    is_live = one.state == LIVE
    return GenerationOut(
        name=one.name,
        state=one.state,
        embedder=one.embedder,
        chunker=one.chunker,
        versions=None if is_live else generations.versions_held(session, one.name),
        missing_versions=None if is_live else len(generations.missing_versions(session, one.name)),
        comparison=one.comparison,
        made_at=one.made_at,
        live_since=one.live_since,
        checked_at=one.checked_at,
    )


def _replica(row: IndexReplica, generation: IndexGeneration | None, newest: int) -> ReplicaOut:
    is_right = None
    if generation is not None and generation.checked_at and generation.checked_position == row.position:
        is_right = (row.chunks, row.mark) == (generation.checked_chunks, generation.checked_mark)
    return ReplicaOut(
        name=row.name,
        generation=row.generation,
        behind=max(0, newest - row.position),
        chunks=row.chunks,
        is_right=is_right,
        seen_at=row.seen_at,
    )


@router.post("/rebuild", status_code=202)
def rebuild_index(caller: MayAdminister, resources: Opened) -> RebuildReply:
    """Make Chroma, the lexical indexes and the vector files anew from stored text and arrays."""
    with resources.transactions.write() as session:
        generation = generations.ask_for_rebuild(session)
        run = runs.request(
            session,
            runs.REPAIR,
            "index",
            requested_by=caller.person_id,
            payload={"rebuild": True},
            nudge=lambda run_id: resources.queue.send(REPAIR_TASK, run_id),
        )
        audit.record(
            session, caller.person_id, "index.rebuild", generation.name, credential=caller.credential_id
        )
        return RebuildReply(run_id=run.id)


@router.post("/switch")
def switch_generation(wanted: SwitchRequest, caller: MayAdminister, resources: Opened) -> IndexStatus:
    """Let another generation answer; every process then needs the lock of its release."""
    with resources.transactions.write() as session:
        generations.switch(session, wanted.generation, resources.files)
        audit.record(
            session, caller.person_id, "index.switch", wanted.generation, credential=caller.credential_id
        )
    with resources.transactions.read() as session:
        return _status(session)


@router.delete("/generations/{generation}", status_code=204)
def drop_generation(generation: str, caller: MayAdminister, resources: Opened) -> None:
    """Forget a generation that is not live, with its vectors in Chroma."""
    with resources.transactions.write() as session:
        generations.drop(session, generation)
        audit.record(session, caller.person_id, "index.drop", generation, credential=caller.credential_id)
    resources.chunk_index.drop_generation(generation)
