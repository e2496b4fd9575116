"""Finding a connector by its kind: one of the four, or one that an installed package names."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from ingestion.connectors.bucket import Bucket
from ingestion.connectors.folder import Folder
from ingestion.connectors.protocol import Connector, Source, Surroundings
from ingestion.connectors.repository import Repository
from ingestion.connectors.website import Website
from services import errors

ENTRY_POINTS = "holdfast.sources"
BUILT_IN: dict[str, Connector] = {"folder": Folder, "s3": Bucket, "website": Website, "git": Repository}


def kinds() -> list[str]:
    """Every kind this worker can sync."""
    return sorted({*BUILT_IN, *(found.name for found in entry_points(group=ENTRY_POINTS))})


def connector_of(kind: str) -> Connector:
    """The connector of a kind; ours come first, so that no package can take their place."""
    if kind in BUILT_IN:
        return BUILT_IN[kind]
    for found in entry_points(group=ENTRY_POINTS, name=kind):
        connector: Connector = found.load()
        return connector
    raise errors.InvalidRequest(f"This worker has no connector “{kind}”; it has {', '.join(kinds())}")


def open_source(kind: str, options: Mapping[str, Any], surroundings: Surroundings) -> Source:
    """The place, opened; errors.InvalidRequest where its options are wrong."""
    try:
        return connector_of(kind)(options, surroundings)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        raise errors.InvalidRequest(f"The options of this source are wrong: {wrong[:500]}") from error
