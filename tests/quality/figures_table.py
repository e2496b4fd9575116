"""`python -m tests.quality.figures_table`: the README's table of figures, from build/figures/*.json."""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.quality import figures
from tests.quality.figures import Figure

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
_ROW = re.compile(r"\| `(\w+)` \|.*")


class NoPlaceForFigures(ValueError):
    """The README lacks the two comments between which the table stands."""


def render(rows: Sequence[Figure]) -> dict[str, str]:
    """One table row for each figure, by its name."""
    return {row.name: _row(row) for row in rows}


def _row(row: Figure) -> str:
    mark = {True: " ✓", False: " ✗", None: ""}[row.meets_target]
    detail = f" ({row.detail})" if row.detail else ""
    cells = [
        f"`{row.name}`",
        f"{shown(row)}{detail}",
        f"{row.target or '–'}{mark}",  # noqa: RUF001  (an en dash stands for "none")
        f"`{row.command}`",
        ", ".join(part for part in (row.measured_on, row.machine) if part),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def shown(row: Figure) -> str:
    """The value as a person reads it: a share as a percentage, at most three digits of the rest."""
    if math.isnan(row.value):
        return "not measured"
    if row.unit == "share":
        return f"{row.value:.0%}"
    number = (
        f"{row.value:.0f}" if row.value == int(row.value) or abs(row.value) >= 100 else f"{row.value:.3g}"
    )
    return f"{number} {row.unit}".strip() if row.unit not in ("count", "ratio") else number


def updated(text: str, rows: Sequence[Figure]) -> str:
    """`text` with its table brought up to date; rows of figures not measured this time stay as they are."""
    before, begin, rest = text.partition(BEGIN)
    kept, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlaceForFigures(f"README.md needs {BEGIN} and {END}")
    older = {match[1]: match[0] for line in kept.splitlines() if (match := _ROW.fullmatch(line))}
    table = older | render(rows)
    head = ["| figure | measured | target | command | when and where |", "|---|---|---|---|---|"]
    return f"{before}{BEGIN}\n" + "\n".join([*head, *table.values()]) + f"\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where the table is out of date"
    )
    parser.add_argument("--readme", type=Path, default=README)
    parser.add_argument("--figures", type=Path, default=figures.FOLDER)
    wanted = parser.parse_args(arguments)
    old = wanted.readme.read_text()
    new = updated(old, figures.read(wanted.figures))
    if wanted.check:
        return int(old != new)
    wanted.readme.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
