"""Quantization reports as they lie beside the weights, read for the page; whoever draws them is elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from services import errors
from services.engine import launch
from services.engine.model_store import ModelStore
from services.release import Generator

REPORT = "report.json"


class ReportSummary(BaseModel):
    """What was made and what it costs in likeness; sizes are bytes, rises are shares."""

    folder: str
    model: str
    label: str
    recipe: dict[str, Any]
    verdict: str
    bytes_before: int
    bytes_after: int
    perplexity_before: float
    perplexity_after: float
    rise: float
    rise_low: float
    rise_high: float
    agreement: float
    is_as_recorded: bool
    """Whether the file still has the digest that the model's record names."""


class ReportOut(ReportSummary):
    """`sensitivity`: each fused layer, and the share of its output that rounding it alone changes."""

    calibration: str
    sensitivity: list[tuple[str, float]]
    kept: list[str]
    linear_before: int
    linear_after: int
    kv_bytes_per_token: int
    held_out_tokens: int

    @classmethod
    def read(cls, folder: str, path: Path, digest: str | None) -> Self:
        """errors.NotFound where there is none, or none that this version can read."""
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            unchanged = digest is not None and launch.sha256_of(path) == digest
            return cls.model_validate(table | {"folder": folder, "is_as_recorded": unchanged})
        except (OSError, ValueError, ValidationError) as error:
            raise errors.NotFound("There is no report of this model") from error


def of_model(models: Path, name: str) -> ReportOut:
    """errors.NotFound where the model or its report is not here."""
    store = ModelStore(models)
    return _read(store, store.generator(name))


def all_of(models: Path) -> Iterator[ReportSummary]:
    """The reports of all models here, by the models' names."""
    store = ModelStore(models)
    for generator in store.generators():
        if (store.report_folder(generator.folder) / REPORT).is_file():
            report = _read(store, generator)
            yield ReportSummary.model_validate(report.model_dump(include=set(ReportSummary.model_fields)))


def _read(store: ModelStore, generator: Generator) -> ReportOut:
    path = store.report_folder(generator.folder) / REPORT
    return ReportOut.read(generator.folder, path, generator.quantization.report)
