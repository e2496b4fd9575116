"""`/v1/embeddings`: the release's own embedder in OpenAI's shape, the vectors that documents are found by."""

import base64
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services import errors
from services.dependencies import Opened
from services.identity import limits
from services.identity.callers import Caller, MaySearch
from services.resources import Resources

router = APIRouter(prefix="/v1", tags=["openai"])
MOST_TEXTS = 64
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
Encoding = Literal["float", "base64"]


class EmbeddingRequest(BaseModel):
    """Texts only: token ids are another model's. What is longer than the embedder reads is refused."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(max_length=200)]
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)]
    encoding_format: Encoding = "float"
    dimensions: int | None = None
    user: str | None = None
    """Taken and ignored: who asks is told by the credential."""

    @property
    def texts(self) -> list[str]:
        return [self.input] if isinstance(self.input, str) else list(self.input)


class EmbeddingRow(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    prompt_tokens: int
    total_tokens: int


class EmbeddingReply(BaseModel):
    object: Literal["list"] = "list"
    data: list[EmbeddingRow]
    model: str
    usage: EmbeddingUsage
    holdfast: dict[str, Any]


@router.post("/embeddings")
async def embed_texts(
    wanted: EmbeddingRequest, request: Request, caller: MaySearch, resources: Opened
) -> EmbeddingReply:
    """Unit vectors of texts; nothing of them is kept."""
    if wanted.model != resources.lock.embedder.name:
        raise errors.NotFound(f"There is no embedding model {wanted.model!r}; GET /v1/models lists it")
    if wanted.dimensions not in (None, resources.embedder.dimensions):
        raise errors.UnsupportedParameter(f"The embedder gives {resources.embedder.dimensions} dimensions")
    # One at a time in this process: searches embed their questions on the same cores.
    async with request.app.state.embedding:
        return await run_in_threadpool(_embed, wanted, caller, resources)


def _embed(wanted: EmbeddingRequest, caller: Caller, resources: Resources) -> EmbeddingReply:
    embedder, texts = resources.embedder, wanted.texts
    counts = embedder.count_tokens(texts)
    if max(counts) > embedder.max_tokens:
        raise errors.InvalidRequest(f"A text is longer than the {embedder.max_tokens} tokens that are read")
    vectors = embedder.embed(texts)
    limits.spend(caller, sum(counts), resources)
    return EmbeddingReply(
        data=[
            EmbeddingRow(index=index, embedding=_encoded(vector, wanted.encoding_format))
            for index, vector in enumerate(vectors)
        ],
        model=wanted.model,
        usage=EmbeddingUsage(prompt_tokens=sum(counts), total_tokens=sum(counts)),
        holdfast={"embedder": embedder.digest, "release_id": resources.lock.release_id},
    )


def _encoded(vector: np.ndarray[Any, np.dtype[np.float32]], encoding: Encoding) -> list[float] | str:
    """OpenAI's clients ask for base64 of little-endian float32 unless told otherwise."""
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(value) for value in vector]
