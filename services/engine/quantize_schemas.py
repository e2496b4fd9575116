"""Wire shapes of quantizing: the order, and how far it is."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.database.tables.runs import Run
from services.engine.orders import Recipe

Name = Annotated[str, Field(min_length=1, max_length=200)]


class QuantizeAsked(BaseModel):
    """`model` as it is listed; `collection` by id or name, empty for the texts that come with the product."""

    model_config = ConfigDict(extra="forbid")

    model: Name
    collection: Annotated[str, Field(max_length=80)] = ""
    method: Literal["gptq", "awq", "rtn"] = "gptq"
    bits: Literal[4, 8] = 4
    group_size: Annotated[int, Field(ge=-1, le=4096)] = 128
    symmetric: bool = True
    activation_bits: Literal[8, 16] = 16
    smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0
    budget: Annotated[float, Field(ge=0, le=10)] = 0.0
    kept_bits: Literal[8, 16] = 16
    samples: Annotated[int, Field(ge=1, le=4096)] = 64
    sample_tokens: Annotated[int, Field(ge=8, le=8192)] = 512
    seed: Annotated[int, Field(ge=0, le=2**31)] = 7
    threads: Annotated[int, Field(ge=1, le=256)] = 1

    def recipe(self) -> Recipe:
        return Recipe(**self.model_dump(exclude={"model", "collection"}))


class QuantizationOut(BaseModel):
    """`state` is the run's: waiting, running, done, failed or cancelled; `folder` is what was made."""

    id: str
    model: str
    method: str
    bits: int
    calibrated_on: Literal["collection", "shipped texts"]
    state: str
    stage: str
    done: int
    total: int
    error_code: str
    error_reason: str
    folder: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> "QuantizationOut":
        names = ("id", "state", "stage", "done", "total", "error_code", "error_reason")
        times = ("created_at", "started_at", "finished_at")
        payload = run.payload
        return cls(
            **{name: getattr(run, name) for name in (*names, *times)},
            model=payload["model"],
            method=payload["recipe"]["method"],
            bits=payload["recipe"]["bits"],
            calibrated_on="collection" if payload["collection"] else "shipped texts",
            folder=payload["folder"] or None,
        )


class QuantizationPage(BaseModel):
    items: list[QuantizationOut]
    next_cursor: str | None = None
