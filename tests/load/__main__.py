"""`make load`: how many streams one core of the api sustains, and what overload and bad readers do to others.

The api has one core to itself; the driver, the engine and everything else share the other. A scenario in
which the driver itself was late says `driver-bound`, and its figures count for nothing.

python -m tests.load --only streams,overload --seconds 5
"""

import argparse
import tempfile
from pathlib import Path

from tests.load import beside_ingestion, overload, steady
from tests.load.world import running_world
from tests.quality import figures, report
from tests.quality.figures import Figure

SCENARIOS = ("streams", "readers", "overload", "ingestion")
LONG = ["--ttft", "0.3", "--rate", "20", "--tokens", "100000"]
SHORT = ["--ttft", "0.3", "--rate", "20", "--tokens", "40"]


def main() -> None:
    arguments = _arguments()
    measured: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="holdfast-load-") as folder:
        if {"streams", "readers"} & set(arguments.only):
            measured += _lasting(Path(folder) / "lasting", arguments)
        if {"overload", "ingestion"} & set(arguments.only):
            measured += _short(Path(folder) / "short", arguments)
    report.print_figures("load", measured)
    figures.write("load", measured)


def _lasting(folder: Path, arguments: argparse.Namespace) -> list[Figure]:
    measured: list[Figure] = []
    with running_world(folder, LONG, running=2048, waiting=0) as world:
        steady.hold(world, 5, "off", 1.0)  # whatever is made at the first questions is made now
        if "streams" in arguments.only:
            measured += steady.measure(world, arguments.knee, arguments.streams, arguments.seconds)
        if "readers" in arguments.only:
            measured += steady.measure_bad_readers(world, arguments.bad_readers, arguments.seconds)
    return measured


def _short(folder: Path, arguments: argparse.Namespace) -> list[Figure]:
    measured: list[Figure] = []
    with running_world(folder, SHORT, running=overload.PLACES, waiting=overload.LINE) as world:
        if "overload" in arguments.only:
            measured += overload.measure(world)
        if "ingestion" in arguments.only:
            measured += beside_ingestion.measure(world, 2 * arguments.seconds)
    return measured


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure streams, overload and bad readers.")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SCENARIOS))
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--knee", type=int, nargs="*", default=[50, 100, 300, 400])
    parser.add_argument("--bad-readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0, help="while all streams are open")
    return parser.parse_args()


if __name__ == "__main__":
    main()
