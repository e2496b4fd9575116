"""`holdfast index`: what the search indexes hold, making them anew, and their generations."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Indexes: status, rebuild; generations: build, compare, switch.")
console = Console()
Lock = Annotated[Path, typer.Option(help="the lock file of the release that the generation is for")]
Generation = Annotated[str, typer.Argument(help="a generation's name, as `index status` shows it")]


@app.command()
def status() -> None:
    """What each replica and each generation holds."""
    _print(complaining(_call, "GET", "/api/v1/index").json())


@app.command()
def rebuild() -> None:
    """Make every index anew from stored text and arrays, without parsing or embedding again."""
    run = complaining(_call, "POST", "/api/v1/index/rebuild").json()
    console.print(f"asked for: run {run['run_id']}; searches go on meanwhile", highlight=False)


@app.command()
def build(lock: Lock) -> None:
    """Build the generation of another release's lock beside the live one; may be ended and begun again."""
    _beside("build", lock)


@app.command()
def compare(
    lock: Lock,
    questions: Annotated[Path, typer.Option(help='JSON lines of {"question": …, "document": name or id}')],
) -> None:
    """Ask both generations the same questions and say which finds the right document sooner."""
    _beside("compare", lock, "--questions", str(questions))


@app.command()
def switch(generation: Generation) -> None:
    """Let a generation answer; the one before is kept for return."""
    _print(complaining(_call, "POST", "/api/v1/index/switch", json={"generation": generation}).json())
    console.print("now restart every process with the lock of that generation's release", style="bold")


@app.command()
def drop(generation: Generation) -> None:
    """Forget a generation that is not live."""
    complaining(_call, "DELETE", f"/api/v1/index/generations/{generation}")
    console.print(f"{generation} is gone", highlight=False)


def _call(method: str, path: str, **given: Any) -> httpx.Response:
    settings = load_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        reply = client.request(method, path, **given)
        raise_problem(reply)
        return reply


def _beside(what: str, lock: Path, *more: str) -> None:
    # A process of its own: the command line never holds what ingestion needs.
    command = [sys.executable, "-m", "ingestion.generation_build", what, "--lock", str(lock), *more]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _print(found: dict[str, Any]) -> None:
    made = Table("generation", "state", "chunker", "versions", "missing", "gain in nDCG@10", box=None)
    for one in found["generations"]:
        gain = one["comparison"].get("gain")
        made.add_row(
            one["name"],
            one["state"],
            one["chunker"],
            _or_dash(one["versions"]),
            _or_dash(one["missing_versions"]),
            _or_dash(gain),
        )
    console.print(made)
    there = Table("replica", "generation", "behind", "chunks", "right", "seen", box=None)
    for one in found["replicas"]:
        right = {True: "yes", False: "[red]no[/]", None: "not counted yet"}[one["is_right"]]
        there.add_row(
            one["name"], one["generation"], str(one["behind"]), str(one["chunks"]), right, one["seen_at"]
        )
    console.print(there)


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)
