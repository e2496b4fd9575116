"""Figures by name: the README's table, with what was measured on this machine since in its place."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.quality import figures, figures_table

ROW = re.compile(r"\| `(\w+)` \| (.*?) \| (.*?) \| `(.*?)` \| (.*?) \|")
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure as a person reads it: value, target with its mark, command, date and machine."""

    name: str
    value: str
    target: str
    command: str
    when: str

    @property
    def number(self) -> float | None:
        """The value as a number; a share as one of a hundred. None where nothing was measured."""
        found = re.match(r"[-+]?[\d.]+", self.value)
        return float(found.group()) if found else None


def read(readme: Path, folder: Path) -> dict[str, Measured]:
    """Every figure that was measured; what was tried without a result counts as not measured."""
    table = readme.read_text(encoding="utf-8").partition(figures_table.BEGIN)[2]
    rows = {row[1]: row[0] for row in ROW.finditer(table.partition(figures_table.END)[0])}
    rows |= figures_table.render(figures.read(folder))
    found = [Measured(*row.groups()) for text in rows.values() if (row := ROW.fullmatch(text))]
    return {each.name: each for each in found if not each.value.startswith(NOT_MEASURED)}


def named(found: dict[str, Measured], name: str) -> Measured:
    """The figure, or one that says that it was not measured."""
    return found.get(name) or Measured(name, NOT_MEASURED, "", "", "")
