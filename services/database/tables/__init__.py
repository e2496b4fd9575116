"""All tables, imported together so that the metadata is whole."""

from services.database.tables import (
    answers,
    audit,
    base,
    batches,
    drift,
    evaluations,
    generations,
    identity,
    library,
    runs,
    sources,
    uploads,
    webhooks,
)

metadata = base.Base.metadata

__all__ = [
    "answers",
    "audit",
    "base",
    "batches",
    "drift",
    "evaluations",
    "generations",
    "identity",
    "library",
    "metadata",
    "runs",
    "sources",
    "uploads",
    "webhooks",
]
