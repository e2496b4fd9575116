"""Files that hold a secret: readable by their owner alone, from their first byte on."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write it; one that was open to others before is closed first."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
