"""`holdfast models quantize --as-run`, `runs` and `cancel`: what the running Holdfast quantizes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services import errors
from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.engine.orders import Recipe
from services.settings import running_settings

console = Console()
PATH = "/api/v1/engine/quantizations"
LOOK_EVERY_S = 1.0
ENDED = ("done", "failed", "quarantined", "cancelled")
NOT_SENT = ("grid_points",)


def request(model: str, recipe: Recipe, calibrate: str) -> None:
    """Ask for it and show how far it is; Ctrl-C only stops looking. Ends with 1 unless it is done."""
    kind, _, name = calibrate.partition(":")
    if kind not in ("collection", "shipped") or (kind == "collection") != bool(name):
        raise errors.InvalidRequest(f"{calibrate}: a run calibrates on collection:NAME, or on shipped texts")
    wanted = {key: value for key, value in asdict(recipe).items() if key not in NOT_SENT}
    with _client() as client:
        found = _answer(client.post(PATH, json=wanted | {"model": model, "collection": name}))
        console.print(
            f"run {found['id']}; cancel with: holdfast models cancel {found['id']}", highlight=False
        )
        ended = _follow(client, found)
    _tell(ended)
    if ended["state"] != "done":
        raise typer.Exit(1)


def runs() -> None:
    """Quantizations that were asked for, the newest first."""
    table = Table("run", "model", "form", "state", "stage", "made", box=None)
    for one in complaining(_listed):
        stage = f"{one['stage']} {one['done']}/{one['total']}" if one["total"] else one["stage"]
        form = f"{one['method']} {one['bits']}"
        table.add_row(one["id"], one["model"][:12], form, one["state"], stage, (one["folder"] or "")[:12])
    console.print(table)


def cancel(run: Annotated[str, typer.Argument(help="as `models runs` shows it")]) -> None:
    """End a quantization; nothing of it becomes a model."""
    _tell(complaining(_cancelled, run))


def _listed() -> list[dict[str, Any]]:
    with _client() as client:
        found: list[dict[str, Any]] = _answer(client.get(PATH))["items"]
        return found


def _cancelled(run: str) -> dict[str, Any]:
    with _client() as client:
        return _answer(client.post(f"{PATH}/{run}/cancel"))


def _follow(client: httpx.Client, found: dict[str, Any]) -> dict[str, Any]:
    columns = (TextColumn("{task.description:12}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        bar = shown.add_task("waiting", total=None)
        while found["state"] not in ENDED:
            time.sleep(LOOK_EVERY_S)
            found = _answer(client.get(f"{PATH}/{found['id']}"))
            stage = found["stage"] or found["state"]
            shown.update(bar, description=stage, completed=found["done"], total=found["total"] or None)
    return found


def _tell(found: dict[str, Any]) -> None:
    why = f": {found['error_reason']}" if found["error_reason"] else ""
    made = f", folder {found['folder']}" if found["folder"] else ""
    console.print(f"{found['state']}{why}{made}", markup=False, highlight=False)


@contextmanager
def _client() -> Iterator[httpx.Client]:
    settings = running_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        yield client


def _answer(reply: httpx.Response) -> dict[str, Any]:
    raise_problem(reply)
    content: dict[str, Any] = reply.json()
    return content
