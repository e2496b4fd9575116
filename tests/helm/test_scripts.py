"""The chart's two scripts, as pods run them: waiting for an engine to fall idle, and asking one question."""

import importlib.util
from collections.abc import Iterator

import pytest

from tests import loopback
from tests.helm.renders import CHART

LINE = (
    'vllm:num_requests_running{{engine="0"}} {running}\nvllm:num_requests_waiting{{engine="0"}} {waiting}\n'
)


def script(name: str):
    spec = importlib.util.spec_from_file_location(name, CHART / "files" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine() -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Address of metrics that show one pair of running and waiting requests after another; the last stays."""
    shown: list[tuple[float, float]] = []

    def show(_path, _body):
        running, waiting = shown.pop(0) if len(shown) > 1 else shown[0]
        text = "# HELP vllm:num_requests_running x\n" + LINE.format(running=running, waiting=waiting)
        return 200, text.encode()

    with loopback.answering(show) as address:
        yield f"{address}/metrics", shown


def test_draining_ends_when_nothing_runs_or_waits(engine, monkeypatch):
    address, shown = engine
    shown += [(2.0, 1.0), (0.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 0.0), (0.0, 0.0)]
    drain = script("drain_engine")
    monkeypatch.setattr(drain, "LOOK_EVERY_S", 0.0)
    assert drain.drain(address, 30.0)
    assert len(shown) == 1  # a single quiet look between two states was not believed


def test_draining_gives_up_when_its_time_is_over(engine, monkeypatch):
    address, shown = engine
    shown.append((1.0, 0.0))
    drain = script("drain_engine")
    monkeypatch.setattr(drain, "LOOK_EVERY_S", 0.01)
    assert not drain.drain(address, 0.1)


ANSWER = {
    "release_id": "r" * 64,
    "text": "Visitors park on level 7.",
    "citations": [{"document_name": "helm-test-parking.txt", "quote": "Visitors park on level 7"}],
}


def test_a_cited_answer_of_the_served_release_is_good():
    script("ask_one_question").check_answer(ANSWER, "r" * 64)


@pytest.mark.parametrize(
    "wrong",
    [
        {"release_id": "other"},
        {"citations": []},
        {"text": "Visitors park on the roof."},
        {"citations": [{"document_name": "another.txt", "quote": "level 7"}]},
    ],
)
def test_another_answer_is_not(wrong):
    asking = script("ask_one_question")
    with pytest.raises(asking.Failed):
        asking.check_answer(ANSWER | wrong, "r" * 64)
