"""The settings as they are in this process, each with where it comes from; secrets are never told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from services.settings import Origin, Settings, origins

# Up to the last @, as a password may hold anything: too much masked is better than too little.
CREDENTIALS = re.compile(r"(?<=://)\S+(?=@)|(?<=password=)[^&\s]+", re.I)
MASK = "••••••"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable's name, its value as text, and where that comes from."""

    name: str
    section: str
    value: str
    origin: Origin
    is_secret: bool = False


def settings_shown(settings: Settings) -> list[Setting]:
    found = origins()
    return [_setting(path, value, found) for path, value in _leaves(settings)]


def _leaves(section: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _setting(path: tuple[str, ...], value: Any, found: Mapping[str, Origin]) -> Setting:
    name = "HOLDFAST_" + "__".join(path).upper()
    origin = found.get(".".join(path), "default")
    section = path[0] if len(path) > 1 else ""
    if isinstance(value, SecretStr):
        return Setting(name, section, MASK if value.get_secret_value() else "", origin, is_secret=True)
    return Setting(name, section, _as_text(value), origin)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_as_text(one)}" for name, one in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(_as_text(one) for one in value)
    return CREDENTIALS.sub(MASK, str(value))
