"""Secrets by reference: `env:NAME` and `file:path` are looked up when a sync begins, and kept nowhere."""

from collections.abc import Mapping
from pathlib import Path

from services import errors, settings

LARGEST = 64 * 1024


def resolve_all(references: Mapping[str, str], folder: Path | None) -> dict[str, str]:
    """A source's secrets; errors.InvalidRequest names a reference that leads nowhere, never a secret."""
    return {name: resolve(reference, folder) for name, reference in references.items()}


def resolve(reference: str, folder: Path | None) -> str:
    kind, _, place = reference.partition(":")
    if kind == "env":
        found = settings.source_secret(place)
        if found is None:
            raise errors.InvalidRequest(f"{place} is not set on the worker")
        return found
    if kind == "file":
        return _read(place, folder)
    raise errors.InvalidRequest("A secret is named as env:NAME or file:path")


def _read(place: str, folder: Path | None) -> str:
    if folder is None:
        raise errors.InvalidRequest("Secrets in files need HOLDFAST_SOURCES__SECRETS, the folder they lie in")
    file = (folder / place).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise errors.InvalidRequest("The secret's file lies outside the folder of secrets")
    try:
        if file.stat().st_size > LARGEST:
            raise errors.InvalidRequest(f"{place} is too large for a secret")
        return file.read_text().strip()
    except (OSError, ValueError) as error:
        raise errors.InvalidRequest(f"{place} cannot be read on the worker") from error
