"""Quantizations of the running Holdfast on the command line, against an api that is played."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import typer

from services import errors
from services.cli import models_runs
from services.engine.orders import Recipe

RECIPE = Recipe("gptq", 4, 64, symmetric=True, samples=4, sample_tokens=64, seed=7)
RUN = {
    "id": "a" * 32, "model": "b" * 32, "method": "gptq", "bits": 4, "state": "waiting", "stage": "",
    "done": 0, "total": 0, "error_reason": "", "folder": None,
}  # fmt: skip


@pytest.fixture
def played(monkeypatch) -> list[httpx.Request]:
    """The requests sent; each look finds the run one state further."""
    sent: list[httpx.Request] = []
    states = iter([{"state": "running", "stage": "rounding", "done": 1, "total": 2}, {"state": "done"}])

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if request.url.path.endswith("/cancel"):
            return httpx.Response(200, json=RUN | {"state": "cancelled"})
        if request.method == "POST":
            return httpx.Response(202, json=RUN)
        if request.url.path == models_runs.PATH:
            return httpx.Response(200, json={"items": [RUN | {"state": "running"}], "next_cursor": None})
        return httpx.Response(200, json=RUN | next(states) | {"folder": "c" * 32})

    @contextmanager
    def client() -> Iterator[httpx.Client]:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://holdfast") as found:
            yield found

    monkeypatch.setattr(models_runs, "_client", client)
    monkeypatch.setattr(models_runs, "LOOK_EVERY_S", 0)
    return sent


def test_order_is_sent_and_followed_to_its_end(played, capsys):
    models_runs.request("b" * 32, RECIPE, "collection:travel")
    body = played[0].read().decode()
    assert '"collection":"travel"' in body
    assert "grid_points" not in body
    assert f"done, folder {'c' * 32}" in capsys.readouterr().out


@pytest.mark.parametrize("calibrate", ["file:rows.jsonl", "collection:", "shipped:x", "other"])
def test_texts_of_this_machine_do_not_travel(played, calibrate):
    with pytest.raises(errors.InvalidRequest):
        models_runs.request("m", RECIPE, calibrate)
    assert not played


def test_run_that_does_not_end_well_ends_with_a_status(played, monkeypatch):
    monkeypatch.setattr(models_runs, "_follow", lambda *_: RUN | {"state": "failed", "error_reason": "no"})
    with pytest.raises(typer.Exit) as ended:
        models_runs.request("m", RECIPE, "shipped")
    assert ended.value.exit_code == 1


def test_runs_are_listed_and_cancelled(played, capsys):
    models_runs.runs()
    models_runs.cancel("a" * 32)
    told = capsys.readouterr().out
    assert "gptq 4" in told
    assert told.splitlines()[-1] == "cancelled"
    assert played[-1].url.path == f"{models_runs.PATH}/{'a' * 32}/cancel"
