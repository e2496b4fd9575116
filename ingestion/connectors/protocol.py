"""How a place that documents are synced from is written.

A connector is a class with three methods, made as `Connector(options, surroundings)`:

    class Tickets:
        def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None: ...
        def entries(self) -> Iterator[Entry | Skipped | Incomplete]: ...
        def read(self, entry: Entry) -> Iterator[bytes]: ...
        def close(self) -> None: ...

Name it in your package's metadata, and it is there once the package is installed beside the worker:

    [project.entry-points."holdfast.sources"]
    tickets = "acme_tickets:Tickets"

`entries` lists everything the place holds now, in any order; what it no longer lists is removed here, unless
it said `Incomplete`. `read` gives one entry's bytes, and is asked for only where the entry is new or its
marker is another than last time; it may be asked before the next entry is drawn. Connections go through
`surroundings.outbound`. Raise an error of `services.errors` where the place cannot be reached at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from services.outbound import Outbound


@dataclass(frozen=True, slots=True)
class Entry:
    """One document at its place. `key` is its own for ever, such as a path or an address.

    `marker` (up to 200 characters) is another whenever the content may be; an empty one means: always read.
    `name` is what people see, the key unless given; its ending may tell the kind of file.
    """

    key: str
    marker: str = ""
    name: str = ""
    size: int | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is there and is not taken; `reason` is a stable word, `detail` a sentence.

    What was taken of it earlier stays where `keeps` says that the trouble may pass, else it is removed.
    """

    key: str
    reason: str
    detail: str = ""
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The place holds more than was listed: nothing is removed in this sync."""

    detail: str


class SkipThis(Exception):
    """Raised by `read`: this entry is not to be had now, go on with the others."""

    def __init__(self, reason: str, detail: str = "", *, keeps: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.keeps = reason, detail, keeps


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given. `known` holds the markers of the last sync by key.

    `scratch` is a folder of this source's own for what can be fetched again; `folders` are those below which
    an administrator lets files of this machine be read.
    """

    outbound: Outbound
    scratch: Path
    secrets: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    max_bytes: int = 200 * 1024 * 1024


class Source(Protocol):
    """An opened place."""

    def entries(self) -> Iterator[Entry | Skipped | Incomplete]:
        """Everything there is now."""

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The entry's content in blocks; SkipThis where it is not to be had."""

    def close(self) -> None:
        """Give back what was opened."""


class Connector(Protocol):
    """What an entry point names: the class of a Source."""

    def __call__(self, options: Mapping[str, Any], surroundings: Surroundings, /) -> Source: ...
