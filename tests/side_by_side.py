"""Which tests may run beside one another: a file stays on one worker, and stacks of processes run in turn."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Each starts several processes, or vLLM, and waits for them: two at once would have too little machine, and
# those that ask the real engine share one.
STACKS = (
    "tests/browser/test_main_path.py",
    "tests/chaos/",
    "tests/end_to_end/",
    "tests/integration/test_kills.py",
    "tests/integration/test_queue.py",
    "tests/integration/test_synced_stack.py",
)
BROWSER = "tests/browser/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stacks first, as they take longest; the browser last: Playwright keeps an event loop until its end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.nodeid.startswith(STACKS):
        return 0
    return 2 if item.nodeid.startswith(BROWSER) else 1


class SideBySide(LoadScopeScheduling):
    """Hands out whole files, and all stacks as one, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return STACKS[0] if nodeid.startswith(STACKS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SideBySide:
    """xdist's hook: how `make test` spreads the tests over its workers."""
    config.option.loadscopereorder = False
    return SideBySide(config, log)
