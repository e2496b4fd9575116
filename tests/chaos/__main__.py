"""`make chaos`: kill -9 of every part at random moments, held to a journal outside the system.

python -m tests.chaos --rounds 50 --faults worker,child,redis,chroma,postgres --minutes 90 --seed 7
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import database, faults, rounds, volumes
from tests.chaos.journal import Journal
from tests.chaos.rounds import Outcome
from tests.chaos.world import World
from tests.ground import provisional_lock
from tests.quality import figures
from tests.quality.figures import Figure
from tests.stack import running_stack

COMMAND = "make chaos"
KINDS = ("lost", "duplicated", "stale")
SAYS = json.dumps(["The front desk keeps it. ", "It writes down who asked."])


def main() -> int:
    arguments = _arguments()
    names = arguments.faults.split(",") if arguments.faults else list(faults.FAULTS)
    print(f"seed {arguments.seed}: {arguments.rounds} rounds of each of {', '.join(names)}", flush=True)
    ends_at = time.monotonic() + arguments.minutes * 60
    outcomes = {name: Outcome(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="holdfast-chaos-") as folder:
        _play(Path(folder), arguments, outcomes, ends_at)
    _report(list(outcomes.values()), arguments)
    return int(any(vars(outcome.verdict)[kind] for outcome in outcomes.values() for kind in KINDS))


def _play(folder: Path, arguments: argparse.Namespace, outcomes: dict[str, Outcome], ends_at: float) -> None:
    chance = random.Random(arguments.seed)  # noqa: S311  (repeatable on purpose)
    models = folder / "models"
    models.mkdir()
    journal = Journal(folder / "journal.jsonl")
    data = folder / "data"
    data.mkdir()
    with (
        database.running(arguments.database, data) as sql,
        volumes.small_volumes(data) as disks,
        running_stack(
            data, provisional_lock(models), models, SAYS, database_url=sql.url, more=rounds.PATIENCE
        ) as stack,
    ):
        world = World(stack, sql, disks)
        for name in set(outcomes) - set(faults.playable(world)):
            print(f"{name}: left out, no small disk can be mounted here", flush=True)
            del outcomes[name]
        # The faults take turns, so that a run that is cut short has some rounds of each.
        for number in range(arguments.rounds):
            for name, outcome in outcomes.items():
                if time.monotonic() > ends_at:
                    print("the time is over", flush=True)
                    journal.close()
                    return
                rounds.play(name, world, journal, chance, outcome)
                _tell(number, outcome)
    journal.close()


def _tell(number: int, outcome: Outcome) -> None:
    wrong = {kind: len(vars(outcome.verdict)[kind]) for kind in KINDS}
    print(f"round {number + 1} {outcome.fault}: {outcome.recoveries[-1]:.1f} s, {wrong}", flush=True)


def _report(outcomes: list[Outcome], arguments: argparse.Namespace) -> None:
    for outcome in outcomes:
        for kind in KINDS:
            for line in vars(outcome.verdict)[kind]:
                print(f"{outcome.fault}: {kind}: {line}")
    measured = list(_figures(outcomes, arguments))
    for one in measured:
        print(f"{one.name}: {one.value:g} {one.unit} {one.target} ({one.detail})")
    figures.write("chaos", measured)


def _figures(outcomes: list[Outcome], arguments: argparse.Namespace) -> Iterator[Figure]:
    played = sum(len(outcome.recoveries) for outcome in outcomes)
    detail = f"{played} rounds, seed {arguments.seed}, {arguments.database}"
    for kind in KINDS:
        wrong = sum(len(vars(outcome.verdict)[kind]) for outcome in outcomes)
        yield Figure(f"chaos_{kind}", wrong, "", "= 0", COMMAND, detail)
    endings = sum(outcome.wrong_endings for outcome in outcomes)
    yield Figure("chaos_wrong_stream_ends", endings, "", "= 0", COMMAND, detail)
    for outcome in outcomes:
        if outcome.recoveries:
            median, worst = statistics.median(outcome.recoveries), max(outcome.recoveries)
            times = f"median of {len(outcome.recoveries)}; worst {worst:.1f} s"
            name = f"chaos_recovery_s_{outcome.fault.replace(' ', '_')}"
            yield Figure(name, round(median, 1), "s", "", COMMAND, times)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill parts at random moments and compare with a journal.")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--faults", default="", help="names divided by commas; all by default")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
