"""What was acknowledged, kept outside the system: the truth that the system is held to after a fault."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Held:
    """One document as its sender knows it. `markers` are the texts it may hold now; empty means gone.

    More than one, or one beside `may_be_gone`, where a request was broken off without an answer.
    """

    name: str
    document_id: str
    job_id: str
    markers: set[str]
    may_be_gone: bool = False
    former: set[str] = field(default_factory=set)


class Journal:
    """Lines of JSON, each on the disk before the next request is made."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.held: dict[str, Held] = {}

    def close(self) -> None:
        self._file.close()

    def uploaded(self, name: str, marker: str, reply: dict[str, Any]) -> None:
        """The system said that it has this text under this name."""
        self._write("uploaded", name=name, marker=marker, job=reply["job"]["id"])
        before = self.held.get(name)
        former = (before.former | before.markers) - {marker} if before else set()
        held = Held(name, reply["document"]["id"], reply["job"]["id"], {marker}, former=former)
        self.held[name] = held

    def upload_broken_off(self, name: str, marker: str) -> None:
        """No answer came: the text may be there, or not."""
        self._write("upload broken off", name=name, marker=marker)
        held = self.held.setdefault(name, Held(name, "", "", set(), may_be_gone=True))
        held.markers.add(marker)

    def removed(self, name: str) -> None:
        """The system said that the document is gone."""
        self._write("removed", name=name)
        held = self.held[name]
        held.former |= held.markers
        held.markers, held.may_be_gone = set(), False

    def removal_broken_off(self, name: str) -> None:
        """No answer came: the document may be gone, or not."""
        self._write("removal broken off", name=name)
        self.held[name].may_be_gone = True

    def living(self) -> list[Held]:
        """Documents that are there for certain, so that something can be done with them."""
        return [held for held in list(self.held.values()) if held.markers and not held.may_be_gone]

    def _write(self, what: str, **said: str) -> None:
        self._file.write(json.dumps({"what": what} | said) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
