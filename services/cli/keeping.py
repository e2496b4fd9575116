"""`holdfast backup` and `holdfast restore`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services import backup as backups
from services.adapters.file_store import FileStore
from services.cli.complaints import complaining
from services.database.session import open_engine
from services.settings import load_settings

console = Console()
Archive = Annotated[Path, typer.Argument(help="the backup's file (a tar)")]


def backup(target: Archive) -> None:
    """Write SQL and stored files into one file, while everything runs; the rest is rebuilt from these."""
    settings = load_settings()
    made = complaining(backups.write, open_engine(settings), FileStore(settings.files_root), target)
    console.print(f"{target}: {sum(made.rows.values())} rows, {made.files} files, schema {made.revision}")


def restore(source: Archive) -> None:
    """Put a backup into an empty, migrated installation; upkeep then fills the indexes from it."""
    settings = load_settings()
    found = complaining(backups.restore, open_engine(settings), FileStore(settings.files_root), source)
    console.print(f"restored {sum(found.rows.values())} rows and {found.files} files of {found.made_at}")
    console.print("start the installation: upkeep compares the indexes with SQL and fills what is missing")
