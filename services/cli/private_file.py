"""Files that hold a secret: readable by their owner alone, from their first byte on."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    close(path)
    path.write_text(text)


def close(path: Path) -> None:
    """See that it is there and its owner's alone before anything is written; one that was open is closed."""
    path.touch(mode=0o600)
    path.chmod(0o600)
