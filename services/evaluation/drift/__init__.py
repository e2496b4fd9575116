"""Is it still what it was? Canary questions recorded for a release, asked again, and what differs by part."""
