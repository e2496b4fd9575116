"""`python -m tests.benchmarks.start`: how long a stranger waits, from a fresh clone and from a warm one.

`first_run_s` is `make run` in a fresh clone with an empty cache folder, until the address to open is printed,
less the time that was spent downloading. `warm_ready_s` is the same command again.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.preflight import free_port
from tests.quality import figures, report
from tests.quality.figures import Figure

ROOT = Path(__file__).parents[2]
COMMAND = "make bench-start"
TIMEOUT_S = 3600
DOWNLOADS = re.compile(r"of which about (\d+) s were downloads")


@dataclass(frozen=True)
class Start:
    """One `make run`: seconds until every part was ready and the demo could be asked, and of downloads."""

    ready_s: float
    downloads_s: float


def start_once(checkout: Path, environment: Mapping[str, str]) -> Start:
    """Run it until the address is printed, then end it as Ctrl-C does."""
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=checkout,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    downloads_s = 0.0
    try:
        for line in process.stdout or ():
            sys.stdout.write(line)
            if found := DOWNLOADS.search(line):
                downloads_s = float(found[1])
            if line.startswith("open "):
                return Start(time.monotonic() - begun, downloads_s)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    raise RuntimeError("make run ended before it was ready")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "holdfast"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251  (a stranger's shell, with little in it)
            "HOME": str(Path.home()),
            "HOLDFAST_CACHE": str(Path(folder) / "cache"),
            "HOLDFAST_WEB__PORT": str(free_port()),
            "PYTHONUNBUFFERED": "1",
        }
        first = start_once(checkout, environment)
        warm = start_once(checkout, environment)
    rows = [
        Figure("first_run_s", first.ready_s - first.downloads_s, "s", "≤ 720", COMMAND),
        Figure("first_run_downloads_s", first.downloads_s, "s", "", COMMAND),
        Figure("warm_ready_s", warm.ready_s, "s", "≤ 75", COMMAND),
    ]
    report.print_figures("starting", rows)
    figures.write("start", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
