"""How soon the engine has nothing to do after the reader of a stream has gone."""

import math
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx

from tests.parts import wait_until
from tests.quality.figures import Figure
from tests.wire import STREAM, Events

COMMAND = 'make bench ARGS="--only answers"'
RUNNING = "vllm:num_requests_running"
ADDRESS = "/api/v1/answers"


@dataclass(frozen=True, slots=True)
class Left:
    """An answer whose reader left at its first token: how it was kept, and when the engine had stopped."""

    state: str
    engine_stop_s: float


def leave(http: httpx.Client, engine_url: str, question: str) -> Left:
    """Ask, close the stream at the first token, and wait until vLLM runs nothing."""
    body = {"question": question, "policy": "off"}
    answer_id = ""
    with http.stream("POST", ADDRESS, json=body, headers=STREAM) as reply:
        for name, told in Events(reply):
            answer_id = answer_id or str(told["id"])
            if name == "token":
                break
        closed = time.perf_counter()
    wait_until(lambda: running_requests(engine_url) == 0, "the engine stops")
    stopped = time.perf_counter()
    wait_until(lambda: _state(http, answer_id) != "running", "the answer is kept")
    return Left(_state(http, answer_id), stopped - closed)


def measure(http: httpx.Client, engine_url: str, questions: Iterable[str], wanted: int) -> list[float]:
    """Seconds of up to `wanted` answers; one that was whole before its reader had left counts nothing."""
    found: list[float] = []
    for question in questions:
        if len(found) == wanted:
            break
        left = leave(http, engine_url, question)
        if left.state == "stopped":
            found.append(left.engine_stop_s)
    return found


def figures(seconds: Sequence[float]) -> list[Figure]:
    """The worst is the figure, as the promise is one for every stream; the median stands beside it."""
    if not seconds:
        return [Figure("engine_stop_s", math.nan, "s", "≤ 2", COMMAND, "none measured")]
    detail = f"worst of {len(seconds)} closed streams; median {statistics.median(seconds):.2f}"
    return [Figure("engine_stop_s", round(max(seconds), 2), "s", "≤ 2", COMMAND, detail)]


def running_requests(engine_url: str) -> float:
    """How many requests the engine works on, by its own metrics."""
    address = f"{engine_url.removesuffix('/v1')}/metrics"
    lines = httpx.get(address, timeout=60, trust_env=False).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(RUNNING))


def _state(http: httpx.Client, answer_id: str) -> str:
    return str(http.get(f"{ADDRESS}/{answer_id}").json()["state"])
