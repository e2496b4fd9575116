"""`python -m tests.benchmarks.claims`: what a claim costs while ten thousand jobs wait, on PostgreSQL.

A claim is timed as a worker makes it: one transaction to its commit, on a server that keeps what it commits.
Long and short queues are asked in turns, so that both meet the same machine. Nothing is parsed or embedded:
a job's length is counted in jobs.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from services import runs
from services.database.session import Transactions, open_engine
from services.database.tables.identity import Person
from services.settings import Settings
from tests.parts import migrate, running_postgres
from tests.quality import figures, report
from tests.quality.figures import Figure

COMMAND = "make bench"
LONG, SHORT = runs.INGEST, "short"
WAITING, CLAIMS, FEW = 10_000, 1_000, 10
NAMES = (
    "claim_p95_ms_10k",
    "claim_ms_10k",
    "claim_slowdown_10k",
    "request_p95_ms_10k",
    "single_upload_job_lengths",
    "claim_memory_grown_mib",
)
AT_ONCE = 500
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each claim from a long and a short queue, and what else was seen on the way."""

    waiting: int
    long_s: Sequence[float]
    short_s: Sequence[float]
    asking_s: Sequence[float]
    lengths: Sequence[int]
    grown_mib: float


class Worker:
    """One worker that only claims and finishes."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def claim(self, kind: str) -> tuple[list[runs.Claim], float]:
        """The next run of the kind, and how many seconds that took."""
        began = time.perf_counter()
        with self._transactions.write() as session:
            claims = runs.claim_next(session, kind, worker="bench", lease_s=60.0)
        return claims, time.perf_counter() - began

    def finish(self, claims: Sequence[runs.Claim]) -> None:
        with self._transactions.write() as session:
            for claim in claims:
                runs.finish(session, claim)


def measure(waiting: int, claims: int) -> Measured:
    """Fill a queue on a server of our own, and claim from it."""
    with tempfile.TemporaryDirectory() as folder, running_postgres(durable=True) as server:
        settings = Settings(data_dir=Path(folder), database={"url": server.database()})
        migrate(settings)
        engine = open_engine(settings)
        try:
            return _measure(Transactions(engine), waiting, claims)
        finally:
            engine.dispose()


def _measure(transactions: Transactions, waiting: int, claims: int) -> Measured:
    people = _people(transactions)
    asking_s = _ask(transactions, people["many"], LONG, waiting)
    worker = Worker(transactions)
    _claim_both(transactions, people, worker, claims // 10)  # the pool, the plans and the caches warm up
    before = psutil.Process().memory_info().rss
    long_s, short_s = _claim_both(transactions, people, worker, claims)
    grown_mib = (psutil.Process().memory_info().rss - before) / MIB
    lengths = [_lengths_of_a_newcomer(transactions, people["one"], worker) for _ in range(20)]
    return Measured(waiting, long_s, short_s, asking_s, lengths, grown_mib)


def _people(transactions: Transactions) -> dict[str, str]:
    with transactions.write() as session:
        rows = {login: Person(login=login) for login in ("many", "one")}
        session.add_all(rows.values())
        session.flush()
        return {login: row.id for login, row in rows.items()}


def _ask(transactions: Transactions, person: str, kind: str, count: int) -> list[float]:
    """Seconds of each request; they are committed in parts, as a sync does."""
    seconds: list[float] = []
    for start in range(0, count, AT_ONCE):
        with transactions.write() as session:
            for number in range(start, min(start + AT_ONCE, count)):
                began = time.perf_counter()
                runs.request(session, kind, f"{kind}-{number}", requested_by=person)
                seconds.append(time.perf_counter() - began)
    return seconds


def _claim_both(
    transactions: Transactions, people: dict[str, str], worker: Worker, count: int
) -> tuple[list[float], list[float]]:
    """Claims from both queues in turns; each keeps its length."""
    _ask(transactions, people["one"], SHORT, FEW)
    seconds: dict[str, list[float]] = {LONG: [], SHORT: []}
    for number in range(count):
        for kind in (LONG, SHORT) if number % 2 else (SHORT, LONG):
            claims, took_s = worker.claim(kind)
            seconds[kind].append(took_s)
            worker.finish(claims)
            _ask(transactions, people["many"], kind, len(claims))
    return seconds[LONG], seconds[SHORT]


def _lengths_of_a_newcomer(transactions: Transactions, person: str, worker: Worker) -> int:
    """How many jobs pass, its own included, until one that is asked for while another runs is done."""
    running, _ = worker.claim(LONG)
    with transactions.write() as session:
        wanted = runs.request(session, LONG, "newcomer", requested_by=person).id
    lengths = 1
    worker.finish(running)
    while True:
        claims, _ = worker.claim(LONG)
        worker.finish(claims)
        lengths += 1
        if wanted in [claim.run_id for claim in claims]:
            return lengths


def figures_of(measured: Measured) -> list[Figure]:
    many = f"{measured.waiting:,} waiting"
    count = f"{len(measured.long_s)} claims, {many}"
    ratio = statistics.median(measured.long_s) / statistics.median(measured.short_s)
    newcomers = f"the longest of {len(measured.lengths)} uploads behind {many}"
    rows = (
        (_p95(measured.long_s) * 1000, "ms", "≤ 10", count),
        (statistics.median(measured.long_s) * 1000, "ms", "", count),
        (ratio, "ratio", "", f"{many} against {FEW}, medians"),
        (_p95(measured.asking_s) * 1000, "ms", "", many),
        (max(measured.lengths), "jobs", "≤ 3", newcomers),
        (measured.grown_mib, "MiB", "≤ 8", count),
    )
    return [
        Figure(name, round(value, 2), unit, target, COMMAND, detail)
        for name, (value, unit, target, detail) in zip(NAMES, rows, strict=True)
    ]


def _p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waiting", type=int, default=WAITING)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    wanted = parser.parse_args(arguments)
    rows = figures_of(measure(wanted.waiting, wanted.claims))
    report.print_figures("claims", rows)
    figures.write("bench-claims", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
