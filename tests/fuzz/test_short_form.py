"""A few generated requests for each kind of caller; `make fuzz` sends thousands."""

from collections.abc import Iterator

import pytest

from tests.fuzz.driver import fuzz
from tests.fuzz.world import CALLERS, World, fuzzed_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with fuzzed_world() as opened:
        yield opened


@pytest.mark.parametrize("caller", CALLERS)
def test_no_request_breaks_the_server_or_the_schema(world: World, caller: str):
    found = fuzz(world, caller, examples=1, seed=1, at_most=60)
    assert found.cases >= 60
    assert found.server_errors == 0, found.broken
    assert found.broken == {}
