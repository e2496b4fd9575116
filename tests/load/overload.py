"""Three times what is let in: who is refused hears it at once, and who is let in notices little."""

import asyncio
from collections.abc import Iterator, Sequence

from tests.load.driver import Asker, Load, percentile, run
from tests.load.world import COMMAND, QUESTION, World
from tests.quality.figures import Figure

PLACES, LINE = 16, 8
OVER_S = 2.0
ROUNDS = 3


def measure(world: World) -> Iterator[Figure]:
    """As many as there is room for, and three times as many in the same time, in turns."""
    usual: list[Load] = []
    heavy: list[Load] = []
    for _ in range(ROUNDS):
        usual.append(_burst(world, PLACES + LINE))
        heavy.append(_burst(world, 3 * (PLACES + LINE)))
    refused = [one.headers_ms for load in heavy for one in load.refused()]
    answered = sum(len(load.answered()) for load in heavy)
    bound = max(heavy, key=lambda load: load.lag_p99_ms).bound
    detail = f"{answered} answered, {len(refused)} refused in {ROUNDS} rounds; {bound}"
    p99 = percentile(refused, 0.99)
    yield Figure("overload_429_p99_ms", round(p99, 1), "ms", "≤ 100", COMMAND, detail)
    usual_p95, heavy_p95 = percentile(_totals(usual), 0.95), percentile(_totals(heavy), 0.95)
    times = f"{heavy_p95 / 1000:.2f} s against {usual_p95 / 1000:.2f} s; {detail}"
    yield Figure("overload_admitted_p95_ratio", round(heavy_p95 / usual_p95, 3), "", "≤ 1.2", COMMAND, times)
    wrong = sum(one.ended_with != "answer" and one.status != 429 for load in heavy for one in load.streams)
    yield Figure("overload_wrong_endings", wrong, "", "= 0", COMMAND, detail)


def _burst(world: World, count: int) -> Load:
    askers = [Asker(world.target(number), QUESTION, at_s=OVER_S * number / count) for number in range(count)]
    load = asyncio.run(run(askers))
    print(f"{count} questions within {OVER_S:g} s: {load.endings()}; {load.bound}", flush=True)
    return load


def _totals(loads: Sequence[Load]) -> list[float]:
    return [one.total_ms for load in loads for one in load.answered()]
