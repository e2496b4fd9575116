"""`make soak`: people work for an hour, and what every process holds is drawn as a line.

Questions, searches, uploads, new versions and removals in turns, the library's size kept as it is. Memory,
descriptors, connections, threads and disk of each process are noted every few seconds; a straight line is
laid through what was noted after the warm-up, and its slope is what grows.

python -m tests.load.soak --minutes 60
"""

import argparse
import asyncio
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil

from tests.load.driver import Asker, run
from tests.load.world import KEEPERS, QUESTION, World, running_world
from tests.quality import figures, report
from tests.quality.figures import Figure

COMMAND = "make soak"
SPEED = ["--ttft", "0.1", "--rate", "100", "--tokens", "60"]
EVERY_S = 2.0
WARM_UP = 0.25
"""Share of the time that nothing is concluded from."""
DOCUMENTS, AT_ONCE = 30, 4
KINDS = ("rss_mib", "descriptors", "connections", "threads")
LIMIT_PCT = 5.0
OWN = ("api", "worker", "upkeep")
"""The product's own processes; the others are reported beside them."""


@dataclass
class Series:
    """What one process held at each moment (s)."""

    at_s: list[float] = field(default_factory=list)
    held: dict[str, list[float]] = field(default_factory=dict)

    def note(self, at_s: float, values: dict[str, float]) -> None:
        self.at_s.append(at_s)
        for kind, value in values.items():
            self.held.setdefault(kind, []).append(value)

    def slope_per_h(self, kind: str) -> float:
        """Of the straight line through what was noted after the warm-up."""
        first = int(len(self.at_s) * WARM_UP)
        at_s, values = self.at_s[first:], self.held[kind][first:]
        if len(at_s) < 3:
            return float("nan")
        return float(np.polyfit(at_s, values, 1)[0] * 3600)

    def level(self, kind: str) -> float:
        return float(np.mean(self.held[kind][int(len(self.at_s) * WARM_UP) :]))

    def slope_pct_per_h(self, kind: str) -> float:
        return 100 * self.slope_per_h(kind) / max(1.0, self.level(kind))


@dataclass
class Worked:
    """What was done, and what was answered otherwise than it should be."""

    done: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


class People:
    """Asks, searches, uploads, replaces and removes in turns until told to stop."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._chance = world, random.Random(seed)  # noqa: S311  (repeatable on purpose)
        self._documents: dict[str, str] = {}
        self.worked, self.stopped = Worked(), threading.Event()

    def work(self) -> None:
        acts = [self._ask, self._search, self._upload, self._replace, self._remove]
        with self._world.stack.another_client() as client:
            while not self.stopped.is_set():
                act = self._chance.choice(acts)
                act(client)
                self.worked.count(act.__name__.strip("_"))

    def _ask(self, _client: httpx.Client) -> None:
        targets = [self._world.target(self._chance.randrange(100)) for _ in range(AT_ONCE)]
        load = asyncio.run(run([Asker(target, QUESTION) for target in targets]))
        wrong = {how: count for how, count in load.endings().items() if how != "answer"}
        self.worked.wrong += [f"questions ended with {wrong}"] if wrong else []

    def _search(self, client: httpx.Client) -> None:
        self._expect(client.post("/api/v1/search", json={"question": QUESTION}), 200)

    def _upload(self, client: httpx.Client) -> None:
        if len(self._documents) < DOCUMENTS:
            self._send(client, f"note-{self._chance.randrange(16**8):08x}.txt")

    def _replace(self, client: httpx.Client) -> None:
        if self._documents:
            self._send(client, self._chance.choice(sorted(self._documents)))

    def _remove(self, client: httpx.Client) -> None:
        if len(self._documents) > DOCUMENTS // 2:
            name = self._chance.choice(sorted(self._documents))
            self._expect(client.delete(f"/api/v1/documents/{self._documents.pop(name)}"), 204)

    def _send(self, client: httpx.Client, name: str) -> None:
        lines = [
            f"Note {self._chance.randrange(10**9)} of {self._chance.choice(KEEPERS)} is kept at the desk."
            for _ in range(self._chance.randrange(3, 30))
        ]
        file = {"file": (name, "\n\n".join(lines).encode())}
        reply = client.post("/api/v1/documents", data={"collection": "handbook"}, files=file)
        if self._expect(reply, 202):
            self._documents[name] = reply.json()["document"]["id"]

    def _expect(self, reply: httpx.Response, status: int) -> bool:
        if reply.status_code != status:
            self.worked.wrong.append(f"{reply.request.method} {reply.url.path}: {reply.status_code}")
        return reply.status_code == status


def soak(world: World, minutes: float, seed: int) -> tuple[dict[str, Series], Worked]:
    """Work for so long, and note what each process holds meanwhile."""
    people = People(world, seed)
    thread = threading.Thread(target=people.work, name="people")
    series = {child.program.name: Series() for child in world.stack.supervisor.children}
    disk = series["disk"] = Series()
    began = time.monotonic()
    thread.start()
    while (passed := time.monotonic() - began) < minutes * 60 and thread.is_alive():
        for name in [name for name in series if name != "disk"]:
            series[name].note(passed, _held(world.stack.process(name)))
        disk.note(passed, {"mib": _disk_mib(world.stack.folder)})
        world.stack.tend_until(_in(EVERY_S))
    people.stopped.set()
    thread.join()
    return series, people.worked


def _in(seconds: float) -> Callable[[], bool]:
    ends_at = time.monotonic() + seconds
    return lambda: time.monotonic() > ends_at


def _held(process: psutil.Process) -> dict[str, float]:
    """Of the process and its children; one that ends while it is looked at counts for nothing."""
    total = dict.fromkeys(KINDS, 0.0)
    for one in [process, *process.children(recursive=True)]:
        try:
            found = (
                one.memory_info().rss / 2**20,
                one.num_fds(),
                len(one.net_connections()),
                one.num_threads(),
            )
        except psutil.NoSuchProcess:
            continue
        for kind, value in zip(KINDS, found, strict=True):
            total[kind] += value
    return total


def _disk_mib(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total / 2**20


def figures_of(series: dict[str, Series], worked: Worked, minutes: float) -> Iterator[Figure]:
    """The steepest of the product's own processes, and every slope beside its level."""
    own = {name: series[name].slope_pct_per_h("rss_mib") for name in OWN}
    levels = "; ".join(
        f"{name} {own[name]:+.1f} % of {series[name].level('rss_mib'):.0f} MiB" for name in own
    )
    told = f"{minutes:g} minutes, {sum(worked.done.values())} acts; {levels}"
    worst, limit = round(max(own.values()), 2), f"≤ {LIMIT_PCT:g}"
    yield Figure("soak_rss_slope_pct_per_h", worst, "%/h", limit, COMMAND, told)
    for kind in KINDS[1:]:
        slopes = {name: series[name].slope_per_h(kind) for name in OWN}
        told = "; ".join(f"{name} {slopes[name]:+.1f} of {series[name].level(kind):.0f}" for name in OWN)
        yield Figure(f"soak_{kind}_slope_per_h", round(max(slopes.values()), 1), "/h", "≤ 2", COMMAND, told)
    disk = series["disk"]
    kept = f"of {disk.level('mib'):.0f} MiB; answers and their audit are kept on purpose"
    yield Figure("soak_disk_slope_mib_per_h", round(disk.slope_per_h("mib"), 1), "MiB/h", "", COMMAND, kept)
    yield Figure("soak_wrong_replies", len(worked.wrong), "", "= 0", COMMAND, "; ".join(worked.wrong[:3]))


def _print_series(series: dict[str, Series]) -> None:
    for name, one in series.items():
        held = (f"{kind} {one.level(kind):.0f} {one.slope_per_h(kind):+.1f}/h" for kind in one.held)
        print(f"{name}: {', '.join(held)}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Mixed load for a long time: does anything grow?")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-soak-") as folder,
        running_world(Path(folder) / "soak", SPEED, running=64, waiting=64) as world,
    ):
        series, worked = soak(world, wanted.minutes, wanted.seed)
    print(f"done: {worked.done}", flush=True)
    _print_series(series)
    measured = list(figures_of(series, worked, wanted.minutes))
    report.print_figures("soak", measured)
    figures.write("soak", measured)


if __name__ == "__main__":
    main()
