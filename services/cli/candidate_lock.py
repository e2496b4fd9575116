"""A candidate release: the lock that is served, or another, with a model just pulled or made."""

from pathlib import Path

from rich.console import Console

from services import release
from services.engine import model_store
from services.release import Generator
from services.settings import Settings

console = Console()


def write(settings: Settings, generator: Generator, base: Path | None, into: Path) -> None:
    """The lock `base` with another generator, written to `into`."""
    lock = model_store.candidate(release.read_lock(base or settings.release_lock), into.stem, generator)
    release.write_lock(lock, into)
    console.print(f"  {into}: candidate release {lock.release_id[:12]}", markup=False, highlight=False)
