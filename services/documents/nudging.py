"""How a room tells the queue that there is work."""

from collections.abc import Callable
from contextlib import suppress

from services import errors
from services.resources import Resources


def nudge(resources: Resources, task: str) -> Callable[[str], None]:
    """Tells the queue of a run; a queue that is down costs time only, for upkeep sends it again."""

    def send(run_id: str) -> None:
        with suppress(errors.QueueUnavailable):
            resources.queue.send(task, run_id)

    return send
