"""What answers: the release, its model and how it was quantized."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.dependencies import Opened
from services.identity.callers import CurrentCaller

router = APIRouter(prefix="/api/v1/release", tags=["release"])


class ReleaseOut(BaseModel):
    """Everything the lock names, in short; two answers with one release id came from the same parts."""

    release_id: str
    model: str
    quantization: str
    embedder: str
    engine: str


@router.get("")
def show_release(_caller: CurrentCaller, resources: Opened) -> ReleaseOut:
    lock = resources.lock
    quantization = lock.generator.quantization
    return ReleaseOut(
        release_id=lock.release_id,
        model=lock.generator.served_name,
        quantization=f"{quantization.method} {quantization.bits}-bit, groups of {quantization.group_size}",
        embedder=lock.embedder.name,
        engine=lock.engine.version,
    )
