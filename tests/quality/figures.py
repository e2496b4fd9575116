"""Figures: what a command measured, kept as JSON in build/figures, one file for each command."""

import json
import math
import operator
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import psutil

FOLDER = Path(__file__).parents[2] / "build" / "figures"
_SIGNS = {"≥": operator.ge, "≤": operator.le, "=": operator.eq}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    `target` is empty, or a sign and a number ("≥ 0.75"); `detail` is the denominator or the interval.
    """

    name: str
    value: float
    unit: str
    target: str
    command: str
    detail: str = ""
    measured_on: str = ""
    machine: str = ""

    @property
    def meets_target(self) -> bool | None:
        """None where there is no target, or nothing was measured."""
        if not self.target or math.isnan(self.value):
            return None
        sign, _, number = self.target.partition(" ")
        return bool(_SIGNS[sign](self.value, float(number)))


def share(name: str, hits: int, of: int, target: str, command: str) -> Figure:
    """A share with its denominator; not a number where nothing was counted."""
    return Figure(name, round(hits / of, 4) if of else math.nan, "share", target, command, f"{hits} of {of}")


def write(name: str, figures: Sequence[Figure], folder: Path = FOLDER) -> Path:
    """Keep the figures of one command, dated, with the machine that measured them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    stamp = {"measured_on": datetime.now(UTC).date().isoformat(), "machine": machine()}
    rows = [asdict(figure) | stamp for figure in figures]
    # JSON has no NaN: what was not measured is null.
    kept = [row | {"value": None if math.isnan(row["value"]) else row["value"]} for row in rows]
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return path


def read(folder: Path = FOLDER) -> list[Figure]:
    """All figures at hand; keys that other writers add are left aside."""
    known = {field.name for field in fields(Figure)}
    found = []
    for path in sorted(folder.glob("*.json")):
        for row in json.loads(path.read_text()):
            value = math.nan if row["value"] is None else float(row["value"])
            kept = {key: row[key] for key in known & row.keys()}
            found.append(Figure(**kept | {"value": value, "target": str(row.get("target") or "")}))
    return found


def machine() -> str:
    """Processor count and kind; what a figure needs to be compared with another."""
    return f"{len(psutil.Process().cpu_affinity() or [])} cores, {_processor()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
