"""What is done to the system besides killing its parts; each says how its own streams ended, if wrongly."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import psutil

from services.database import schema
from tests.chaos.traffic import ASKED, ENDINGS, Traffic
from tests.chaos.world import World

SKEWED = Path(__file__).with_name("skewed")
ENGINE_PATIENCE_S = 5
"""After this long a silence of the engine a stream ends; set for the rounds, so that they are short."""
PATIENCE_S = 60.0
RACES = 4


def wrong_ending(ended_with: str, allowed: Sequence[str]) -> list[str]:
    return [] if ended_with in allowed else [ended_with]


class OpenStream:
    """An answer that is being written while something happens; read in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ended_with = "nothing"
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._read, name="open stream")
        world.stack.hold.touch()  # the engine falls silent after its first piece
        self._thread.start()
        self.until(self._begun.is_set)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Look after the processes until it is so, or this stream is over."""
        self._world.stack.tend_until(lambda: is_so() or not self._thread.is_alive())

    def go_on(self) -> None:
        self._world.stack.hold.unlink(missing_ok=True)

    def wrong_ending(self, *expected: str) -> list[str]:
        """Wait for its end: nothing where it ended as expected, or properly before the model spoke."""
        self._world.stack.tend_until(lambda: not self._thread.is_alive())
        self.go_on()
        return wrong_ending(self.ended_with, expected if self._begun.is_set() else (*ENDINGS, "refused"))

    def _read(self) -> None:
        headers = {"Accept": "text/event-stream"}
        try:
            with (
                self._world.stack.another_client() as client,
                client.stream("POST", "/api/v1/answers", json=ASKED, headers=headers) as reply,
            ):
                self.ended_with = "refused" if reply.status_code != 200 else "nothing"
                for line in reply.iter_lines():
                    self._hear(line)
        except httpx.TransportError:
            self.ended_with = "refused" if self.ended_with == "nothing" else "broken off"

    def _hear(self, line: str) -> None:
        if line.startswith("event: "):
            self.ended_with = line.removeprefix("event: ")
        if line == "event: token":
            self._begun.set()


def slow_engine(world: World, _traffic: Traffic) -> list[str]:
    """Silent for a while in the middle of an answer, then it goes on: so does the answer."""
    stream = OpenStream(world)
    pause = threading.Event()
    threading.Timer(ENGINE_PATIENCE_S / 2, pause.set).start()
    stream.until(pause.is_set)
    stream.go_on()
    return stream.wrong_ending("answer")


def hung_engine(world: World, _traffic: Traffic) -> list[str]:
    """Stopped in the middle of an answer, connections open: the answer ends with what went wrong."""
    stream = OpenStream(world)
    engine = world.stack.process("engine")
    engine.suspend()
    try:
        return stream.wrong_ending("failed")
    finally:
        engine.resume()


def engine_gone(world: World, _traffic: Traffic) -> list[str]:
    """Dead in the middle of an answer."""
    stream = OpenStream(world)
    world.stack.process("engine").kill()
    return stream.wrong_ending("failed")


def skew_worker(seconds: int) -> Callable[[World, Traffic], list[str]]:
    def set_clock(world: World, _traffic: Traffic) -> list[str]:
        """The worker starts anew with another clock, and keeps it until all is settled."""
        _exchange_worker(world, {"CHAOS_CLOCK_SKEW_S": str(seconds)}, str(SKEWED))
        return []

    return set_clock


def right_clock(world: World) -> None:
    _exchange_worker(world, {"CHAOS_CLOCK_SKEW_S": "0"}, "")


def _exchange_worker(world: World, more: dict[str, str], path: str) -> None:
    supervisor = world.stack.supervisor
    program = next(child.program for child in supervisor.children if child.program.name == "worker")
    paths = [one for one in program.environment["PYTHONPATH"].split(":") if one != str(SKEWED)]
    environment = program.environment | more | {"PYTHONPATH": ":".join([path, *paths] if path else paths)}
    supervisor.exchange([replace(program, environment=environment)])


def fill(name: str) -> Callable[[World, Traffic], list[str]]:
    def fill_up(world: World, _traffic: Traffic) -> list[str]:
        """Not a byte is left on this part's disk."""
        world.volumes[name].fill()
        return []

    return fill_up


def clear(name: str) -> Callable[[World], None]:
    return lambda world: world.volumes[name].clear()


def delete_while_read(world: World, traffic: Traffic) -> list[str]:
    """Documents go while their ingestion runs."""
    for _ in range(RACES):
        traffic.upload_and_remove(lambda run_id: world.stack.run(run_id).state != "waiting")
    return []


def upgrade(world: World, traffic: Traffic) -> list[str]:
    """A release further: processes are asked to end, with jobs waiting and an answer open, and the schema
    is taken one migration back and forth, as an upgrade from the one before does.
    """
    stream = OpenStream(world)
    for _ in range(RACES):
        traffic.upload_one()
    going = [world.stack.process(name) for name in ("worker", "upkeep", "api")]
    for process in going:
        process.send_signal(signal.SIGTERM)
    stream.go_on()
    _, left = psutil.wait_procs(going, timeout=PATIENCE_S)
    for process in left:
        process.kill()
    psutil.wait_procs(left)
    world.revert_one_migration()
    schema.migrate(world.stack.transactions.engine)
    return stream.wrong_ending(*ENDINGS) + [f"{len(left)} processes did not end"] * bool(left)
