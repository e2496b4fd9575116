"""What a source gives and refuses, gathered for a test."""

from ingestion.connectors import Entry, SkipThis, Source


def taken(source: Source) -> dict[str, bytes]:
    """Everything the source gives, read as it is listed."""
    return {found.key: b"".join(source.read(found)) for found in source.entries() if isinstance(found, Entry)}


def refused(source: Source) -> dict[str, str]:
    """What it does not give, with the reasons; reading counts as well."""
    reasons = {}
    for found in source.entries():
        if not isinstance(found, Entry):
            reasons[getattr(found, "key", "")] = getattr(found, "reason", "incomplete")
            continue
        try:
            for _ in source.read(found):
                pass
        except SkipThis as skip:
            reasons[found.key] = skip.reason
    return reasons


def markers(source: Source) -> dict[str, str]:
    return {found.key: found.marker for found in source.entries() if isinstance(found, Entry)}
