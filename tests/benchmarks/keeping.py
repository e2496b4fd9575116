"""What was measured before, by the digest of all that decides it: a run that broke off goes on from there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.engine import launch


@dataclass(frozen=True, slots=True)
class Shelf:
    """JSON values in one folder."""

    folder: Path

    def value(self, decides: object, make: Callable[[], Any]) -> tuple[Any, bool]:
        """(what `make` gave, whether it was there already); written in one step once it is whole."""
        path = self.folder / f"{launch.digest_of(decides)[: launch.SHORT]}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8")), True
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(made), encoding="utf-8")
        draft.replace(path)
        return json.loads(json.dumps(made)), False
