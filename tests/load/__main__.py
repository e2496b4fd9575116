"""`make load`: how many streams one core of the api sustains, and what overload and bad readers do to others.

The api has one core to itself; the driver, the engine and everything else share the other. A scenario in
which the driver itself was late says `driver-bound`, and its figures count for nothing.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil

from services.settings import Settings
from tests.ground import provisional_lock
from tests.load.driver import Load, Target, ask, percentile, run
from tests.parts import migrate
from tests.quality import figures
from tests.quality.figures import Figure
from tests.stack import Stack, running_stack

COMMAND = "make load"
ENGINE = Path(__file__).with_name("engine.py")
QUESTION = "Who keeps the key of the Millgate office?"
TEXT = "The porter keeps the key of the Millgate office. The porter is Quentin Marlow."
MIB = 1024**2


def main() -> None:
    arguments = _arguments()
    measured = []
    with tempfile.TemporaryDirectory(prefix="holdfast-load-") as folder:
        measured += _steady(Path(folder) / "steady", arguments)
        measured += _overload(Path(folder) / "overload", arguments)
    for one in measured:
        print(f"{one.name}: {one.value:g} {one.unit} {one.target} ({one.detail})")
    figures.write("load", measured)


def _steady(folder: Path, arguments: argparse.Namespace) -> Iterator[Figure]:
    """More and more streams at 20 tokens/s; then slow and leaving readers beside steady ones."""
    speed = ["--ttft", "0.5", "--rate", "20", "--tokens", str(arguments.tokens)]
    with _api(folder, speed, running=1024, waiting=0) as (stack, target):
        resident = _api_memory(stack)
        for count in arguments.streams:
            load = _play([partial(ask, target, QUESTION, "off")] * count, over_s=2.0)
            yield from _stream_figures(count, load)
            _tell(f"{count} streams", load)
        grown = (_api_memory(stack) - resident) / MIB
        yield Figure("streams_rss_growth_mib", round(grown, 1), "MiB", "≤ 100", COMMAND, "after all steps")
        yield from _harmed(target, arguments)


def _harmed(target: Target, arguments: argparse.Namespace) -> Iterator[Figure]:
    steady = [partial(ask, target, QUESTION, "off")] * 20
    alone = _play(steady, over_s=1.0)
    half = arguments.bad_readers
    slow = [partial(ask, target, QUESTION, "off", read_every_s=0.5)] * half
    leaving = [partial(ask, target, QUESTION, "off", leave_after=5)] * half
    mixed = _play([*steady, *slow, *leaving], over_s=1.0)
    beside = Load(mixed.streams[:20], mixed.lag_p99_ms)
    _tell(f"20 streams beside {half} slow and {half} leaving readers", beside)
    p95 = percentile(_delays(beside), 0.95)
    detail = f"alone {percentile(_delays(alone), 0.95):.1f} ms; {_bound(mixed)}"
    yield Figure("steady_added_p95_ms_beside_bad_readers", round(p95, 1), "ms", "", COMMAND, detail)


def _overload(folder: Path, arguments: argparse.Namespace) -> Iterator[Figure]:
    """Three times what is let in, at once: who is refused hears it at once, who is let in notices little."""
    places, line = 32, 16
    speed = ["--ttft", "0.5", "--rate", "20", "--tokens", str(arguments.tokens)]
    with _api(folder, speed, running=places, waiting=line) as (_stack, target):
        usual = _play([partial(ask, target, QUESTION, "off")] * (places + line), over_s=0.5)
        heavy = _play([partial(ask, target, QUESTION, "off")] * (3 * (places + line)), over_s=0.5)
    _tell("3 x overload", heavy)
    refused = percentile([one.headers_ms for one in heavy.refused()], 0.99)
    ratio = percentile(_totals(heavy), 0.95) / max(1.0, percentile(_totals(usual), 0.95))
    counts = f"{len(heavy.answered())} answered, {len(heavy.refused())} refused; {_bound(heavy)}"
    yield Figure("overload_429_p99_ms", round(refused, 1), "ms", "≤ 100", COMMAND, counts)
    yield Figure("overload_admitted_p95_ratio", round(ratio, 3), "", "≤ 1.2", COMMAND, counts)
    wrong = sum(one.ended_with != "answer" and one.status != 429 for one in heavy.streams)
    yield Figure("overload_wrong_endings", wrong, "", "= 0", COMMAND, counts)


def _stream_figures(count: int, load: Load) -> Iterator[Figure]:
    delays = _delays(load)
    p50, p95, p99 = (percentile(delays, share) for share in (0.5, 0.95, 0.99))
    failed = len(load.streams) - len(load.answered())
    detail = f"p50 {p50:.1f}, p99 {p99:.1f} ms; {failed} failed; {_bound(load)}"
    target = "≤ 30" if count == 200 else ""
    yield Figure(f"streams_{count}_added_p95_ms", round(p95, 1), "ms", target, COMMAND, detail)


def _delays(load: Load) -> list[float]:
    return [delay for one in load.answered() for delay in one.delays]


def _totals(load: Load) -> list[float]:
    return [one.total_ms for one in load.answered()]


def _bound(load: Load) -> str:
    late = f"driver p99 {load.lag_p99_ms:.1f} ms late"
    return f"driver-bound, {late}" if load.is_driver_bound else late


def _play(asks: list[partial], *, over_s: float) -> Load:
    return asyncio.run(run(asks, over_s=over_s))


def _tell(what: str, load: Load) -> None:
    endings: dict[str, int] = {}
    for one in load.streams:
        endings[one.ended_with or str(one.status)] = endings.get(one.ended_with or str(one.status), 0) + 1
    p95 = percentile(_delays(load), 0.95)
    print(f"{what}: added p95 {p95:.1f} ms, {endings}, {_bound(load)}", flush=True)


class _api:  # noqa: N801  (a context manager)
    """The product on `folder` with an engine of this speed; the api alone on the first core."""

    def __init__(self, folder: Path, speed: list[str], *, running: int, waiting: int) -> None:
        folder.mkdir()
        migrate(Settings(data_dir=folder))
        models = folder / "models"
        models.mkdir()
        bounds = {"RUNNING": running, "RUNNING_EACH": 100_000, "WAITING": waiting, "WAIT_S": 60}
        self._stack = running_stack(
            folder,
            provisional_lock(models),
            models,
            "[]",
            engine_script=[sys.executable, str(ENGINE), *speed],
            more={f"HOLDFAST_ANSWERS__{name}": str(value) for name, value in bounds.items()},
        )

    def __enter__(self) -> tuple[Stack, Target]:
        stack = self._stack.__enter__()
        assert stack.until_ended(stack.upload("porter.txt", TEXT)).state == "done"
        first, *others = psutil.Process().cpu_affinity() or [0]
        for child in stack.supervisor.children:
            process = stack.process(child.program.name)
            for one in (process, *process.children(recursive=True)):
                _pin(one, [first] if child.program.name == "api" else others or [first])
        _pin(psutil.Process(), others or [first])
        url = stack.client.base_url
        return stack, Target(str(url.host), int(url.port or 80), stack.client.headers["Authorization"])

    def __exit__(self, *raised: object) -> None:
        psutil.Process().cpu_affinity(list(range(psutil.cpu_count() or 1)))
        self._stack.__exit__(*raised)


def _pin(process: psutil.Process, cores: list[int]) -> None:
    """Every thread of it: an affinity is a thread's own."""
    for thread in process.threads():
        psutil.Process(thread.id).cpu_affinity(cores)


def _api_memory(stack: Stack) -> int:
    return int(stack.process("api").memory_info().rss)


def _streams(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure streams, overload and bad readers.")
    parser.add_argument("--streams", type=_streams, default=[25, 50, 100, 200])
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--bad-readers", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
