"""A process that gives up what `child.py` gives up, then becomes another program.

Run as `python -I program.py ORDER`. The order names the parent, the limits, the program with its arguments,
and the folders it may read.
"""

import json
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from ingestion.reading import confinement
from ingestion.reading.limits import ParseLimits


def main() -> None:
    order = json.loads(sys.argv[1])
    confinement.die_with(order["parent"])
    left = confinement.leave_network()
    folders = [folder for folder in order["folders"] if Path(folder).exists()]
    confinement.confine_program(ParseLimits(**order["limits"]), network_namespace=left, folders=folders)
    os.execv(order["program"][0], order["program"])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
