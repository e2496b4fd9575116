"""`holdfast drift`: record the release's canaries, and check whether it still is what was recorded."""

from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import running_settings

app = typer.Typer(no_args_is_help=True, help="Canaries: record, check, history.")
console = Console()
SPOKEN = {"exact": "exact", "within_tolerance": "within tolerance", "drifted": "drifted"}


@app.command()
def record() -> None:
    """Ask the running release its canary questions and keep what it says as what to compare with."""
    kept = complaining(_send, "POST", "/api/v1/drift/records")
    _say(f"recorded {kept['questions']} canaries of release {kept['release_id'][:12]}")
    _say(f"  file {kept['file_digest']}")


@app.command()
def check() -> None:
    """Ask them again: exact, within tolerance, or drifted and by which part; exits with 1 where drifted."""
    found = complaining(_send, "POST", "/api/v1/drift/checks")
    _show(found)
    raise typer.Exit(1 if found["state"] == "drifted" else 0)


@app.command()
def state() -> None:
    """Where the running release stands: last check, next one, and whether it may answer."""
    found = complaining(_send, "GET", "/api/v1/drift/state")
    _say(f"release {found['release_id'][:12]}, {'answers' if found['is_answering'] else 'does not answer'}")
    _say(f"  recorded {_moment(found['recorded_at'])}")
    newest = found["newest"]
    told = f"{SPOKEN[newest['state']]}, {newest['begun_by']}" if newest else "none yet"
    _say(f"  checked  {_moment(newest and newest['checked_at'])} ({told})")
    _say(f"  next     {'now' if found['is_checking'] else _moment(found['next_at'])}")


@app.command()
def history() -> None:
    """The newest checks."""
    table = Table("at", "release", "begun", "state", "by", box=None)
    for found in complaining(_send, "GET", "/api/v1/drift/checks")["items"]:
        told = (found["begun_by"], SPOKEN[found["state"]], _by(found))
        table.add_row(_moment(found["checked_at"]), found["release_id"][:12], *told)
    console.print(table)


def _send(method: str, path: str) -> dict[str, Any]:
    settings = running_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        reply = client.request(method, path)
        raise_problem(reply)
        content: dict[str, Any] = reply.json()
        return content


def _moment(told: str | None) -> str:
    return told[:19] if told else "never"


def _show(found: dict[str, Any]) -> None:
    by = _by(found)
    _say(SPOKEN[found["state"]] + (f" by {by}" if by else ""))
    for part, state in found["parts"].items():
        _say(f"  {part:10} {SPOKEN[state]}")
        for finding in found["findings"].get(part, []):
            _say(f"    {finding}")


def _by(found: dict[str, Any]) -> str:
    return ", ".join(part for part, state in found["parts"].items() if state == "drifted")


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
