"""What lies inside a document as a file of its own: which of it can be read, and what was left aside."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import clean, name_some
from services.errors import UnsupportedMedia
from services.media_types import HEAD_BYTES, detect_media_type

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Attached:
    """A file by its name; `load` gives as many of its first bytes as asked, all of them for -1."""

    name: str
    size: int
    load: Callable[[int], bytes]
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What becomes documents of their own, and in a person's words what does not."""

    kept: tuple[Attached, ...]
    warnings: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.kept)


def in_memory(name: str, data: bytes) -> Attached:
    return Attached(name, len(data), lambda most: data if most < 0 else data[:most])


def sort_out(found: Iterable[Attached], limits: ParseLimits) -> Sorted:
    kept: list[Attached] = []
    unknown: list[str] = []
    over: list[str] = []
    names: Counter[str] = Counter()
    size = 0
    for entry in found:
        name = _own(tidy(entry.name), names)
        try:
            media_type = detect_media_type(name, entry.load(HEAD_BYTES))
        except UnsupportedMedia:
            unknown.append(name)
            continue
        size += entry.size
        if len(kept) >= limits.attachments or size > limits.expanded_bytes:
            over.append(name)
        elif entry.size:
            kept.append(replace(entry, name=name, media_type=media_type))
    return Sorted(tuple(kept), tuple(_warnings(unknown, over)))


def _warnings(unknown: list[str], over: list[str]) -> list[str]:
    said = [f"Attachments of a kind that cannot be read: {name_some(unknown)}."] if unknown else []
    return said + ([f"Attachments over the limits were left out: {name_some(over)}."] if over else [])


def tidy(name: str) -> str:
    """A relative path without ways out of it."""
    parts = [part for part in clean(name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-NAME_CHARACTERS:].lstrip("/") or "attachment"


def _own(name: str, taken: Counter[str]) -> str:
    """The name, numbered where another one has it."""
    taken[name.lower()] += 1
    if taken[name.lower()] == 1:
        return name
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem} ({taken[name.lower()]}){path.suffix}"))
