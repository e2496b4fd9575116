"""What the options of several connectors share: patterns of what is taken, and folders that may be read."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from services import errors


class Options(BaseModel):
    """`include` and `exclude` are shell patterns over the whole key; `*` also crosses slashes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    include: tuple[str, ...] = Field(default=("*",), max_length=50)
    exclude: tuple[str, ...] = Field(default=(), max_length=50)

    def wants(self, key: str) -> bool:
        return any(fnmatchcase(key, one) for one in self.include) and not any(
            fnmatchcase(key, one) for one in self.exclude
        )


def allowed_folder(path: str, folders: Sequence[Path]) -> Path:
    """The folder, links resolved; errors.InvalidRequest unless an administrator named it or one above."""
    wanted = Path(path)
    if not wanted.is_absolute():
        raise errors.InvalidRequest("Name the folder by its whole path")
    real = wanted.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise errors.InvalidRequest(
            "This folder is not below one that an administrator named (HOLDFAST_SOURCES__FOLDERS)"
        )
    if not real.is_dir():
        raise errors.OutsideUnavailable("The folder is not there; is it mounted on the worker?")
    return real
