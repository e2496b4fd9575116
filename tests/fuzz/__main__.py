"""`make fuzz`: the whole API under generated requests, for each kind of caller (ARGS='--cases 2000')."""

import argparse
import sys
import time

from tests.fuzz.driver import Found, fuzz
from tests.fuzz.world import CALLERS, fuzzed_world
from tests.quality.figures import Figure, write

EXAMPLES = 6
"""For each operation, in each round."""


def main() -> int:
    given = _arguments()
    found, began = [], time.monotonic()
    with fuzzed_world() as world:
        while sum(one.cases for one in found) < given.cases:
            for caller in CALLERS:
                found.append(fuzz(world, caller, examples=EXAMPLES, seed=given.seed + len(found)))
                _tell(caller, found[-1])
    cases, wrong = sum(one.cases for one in found), sum(one.server_errors for one in found)
    print(f"{cases} cases in {time.monotonic() - began:.0f} s, seed {given.seed}")
    told = f"of {cases} cases, for {len(CALLERS)} kinds of caller"
    write(
        "fuzz",
        [
            Figure("fuzz_cases", cases, "", "≥ 10000", "make fuzz"),
            Figure("fuzz_5xx", wrong, "", "= 0", "make fuzz", told),
        ],
    )
    return 1 if wrong or any(one.broken for one in found) else 0


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    return arguments.parse_args()


def _tell(caller: str, found: Found) -> None:
    print(f"{caller}: {found.cases} cases, {found.server_errors} of 500 and more, {dict(found.statuses)}")
    for place, sample in found.broken.items():
        print(f"  {place}\n    {sample}")


if __name__ == "__main__":
    sys.exit(main())
