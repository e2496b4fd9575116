"""Places documents are synced from. `protocol` says how to write one of your own; four are here."""

from ingestion.connectors.loading import open_source
from ingestion.connectors.protocol import Entry, Incomplete, Skipped, SkipThis, Source, Surroundings

__all__ = ["Entry", "Incomplete", "SkipThis", "Skipped", "Source", "Surroundings", "open_source"]
