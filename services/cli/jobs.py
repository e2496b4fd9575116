"""`holdfast jobs`: what became of uploads, and steering them one by one or as a bulk."""

from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Jobs: list, show, pause, resume, cancel, retry.")
console = Console()
Ids = Annotated[list[str], typer.Argument(help="ids of jobs, or of bulks with --bulk")]
AsBulk = Annotated[bool, typer.Option("--bulk", help="the ids are bulks, steered as one")]


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="only jobs in this state")] = None,
    bulk: Annotated[str | None, typer.Option(help="only jobs of this bulk")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
) -> None:
    """The newest jobs, and whether a worker is there to do them."""
    complaining(_list, {"state": state, "bulk_id": bulk, "limit": limit})


def _list(wanted: dict[str, Any]) -> None:
    with _client() as client:
        given = {name: value for name, value in wanted.items() if value is not None}
        jobs = _read(client.get("/api/v1/jobs", params=given))["items"]
        queue = _read(client.get("/api/v1/queue"))
    table = Table("id", "state", "at", "place", "document", "why", box=None)
    for job in jobs:
        table.add_row(*_cells(job))
    console.print(table)
    _say_queue(queue)


def _cells(job: dict[str, Any]) -> list[str]:
    at = f"{job['stage']} {job['done']}/{job['total']}" if job["state"] == "running" else ""
    return [
        job["id"],
        "paused" if job["paused"] else job["state"],
        at,
        str(job["position"] or ""),
        job["document_name"] or "",
        job["error"]["reason"] if job["error"] else "",
    ]


def _say_queue(queue: dict[str, Any]) -> None:
    counts = ", ".join(f"{count} {state}" for state, count in sorted(queue["jobs"].items())) or "nothing open"
    workers = f"{queue['workers']} at work" if queue["is_worked"] else "[red]no worker is there[/]"
    console.print(f"{counts}; {workers}", highlight=False)


@app.command()
def show(job_id: str) -> None:
    """One job with all that is known of it."""
    complaining(_show, job_id)


def _show(job_id: str) -> None:
    with _client() as client:
        job = _read(client.get(f"/api/v1/jobs/{job_id}"))
    error = job.pop("error") or {}
    for name, value in {**job, "error": error.get("code"), "reason": error.get("reason")}.items():
        if value not in (None, ""):
            console.print(f"{name:14} {value}", markup=False, highlight=False)


@app.command()
def pause(ids: Ids, bulk: AsBulk = False) -> None:
    """Hold jobs back; one that runs begins again when it is resumed."""
    complaining(_steer, "pause", ids, bulk)


@app.command()
def resume(ids: Ids, bulk: AsBulk = False) -> None:
    """Let paused jobs go on."""
    complaining(_steer, "resume", ids, bulk)


@app.command()
def cancel(ids: Ids, bulk: AsBulk = False) -> None:
    """End jobs; what a document answered before, it goes on answering."""
    complaining(_steer, "cancel", ids, bulk)


@app.command()
def retry(ids: Ids, bulk: AsBulk = False) -> None:
    """Try failed jobs again; with --bulk, all that failed of it."""
    complaining(_steer, "retry", ids, bulk)


def _steer(act: str, ids: list[str], as_bulk: bool) -> None:
    with _client() as client:
        for one in ids:
            found = _read(client.post(f"/api/v1/{'bulks' if as_bulk else 'jobs'}/{one}/{act}"))
            console.print(f"{one} {describe_bulk(found) if as_bulk else _cells(found)[1]}", highlight=False)


def describe_bulk(bulk: dict[str, Any]) -> str:
    """A bulk's counts in words."""
    counts = [f"{count} {state}" for state, count in bulk["counts"].items() if count]
    return ", ".join(counts) or "empty"


def _client() -> Any:
    settings = load_settings()
    return signed_in(settings, Credentials.load(settings.data_dir))


def _read(reply: httpx.Response) -> dict[str, Any]:
    raise_problem(reply)
    found: dict[str, Any] = reply.json()
    return found
