"""`holdfast ingest`: files and folders handed in as one bulk, through the same door as any upload."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer
from rich.console import Console

from services import errors
from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.cli.jobs import describe_bulk
from services.settings import load_settings

console = Console()
TRIES, AGAIN_AFTER_S, LOOK_EVERY_S = 4, 2.0, 1.0
OPEN = ("waiting", "running", "paused")


def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="files and folders")],
    collection: Annotated[str, typer.Option(help="the collection they go into, by name or id")],
    wait: Annotated[bool, typer.Option(help="stay until every job is over")] = True,
    valid_from: Annotated[str, typer.Option(help="first day on which they are in force: 2026-12-31")] = "",
    valid_until: Annotated[str, typer.Option(help="last day on which they are in force")] = "",
) -> None:
    """Hand in files, and folders with all below them, as one bulk; what is there already is left alone."""
    days = {"valid_from": valid_from, "valid_until": valid_until}
    fields = {"collection": collection} | {name: day for name, day in days.items() if day}
    complete = complaining(_ingest, paths, fields, wait)
    raise typer.Exit(0 if complete else 1)


def _ingest(paths: list[Path], fields: dict[str, str], wait: bool) -> bool:
    settings = load_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        expected = sum(1 for _ in files_below(paths))
        title = ", ".join(path.name for path in paths)[:200]
        reply = client.post("/api/v1/bulks", json={"title": title, "expected": expected})
        raise_problem(reply)
        bulk_id = reply.json()["id"]
        console.print(f"bulk {bulk_id}: {expected} files", highlight=False)
        refused = send_all(client, files_below(paths), fields, bulk_id)
        for name, why in refused:
            console.print(f"  not taken: {name}: {why}", markup=False, highlight=False)
        bulk = _follow(client, bulk_id) if wait else _look(client, bulk_id)
        console.print(f"bulk {bulk_id}: {describe_bulk(bulk)}", highlight=False)
        if wait:
            _say_failures(client, bulk_id)
    counts = bulk["counts"]
    return not refused and not counts["failed"] + counts["quarantined"] + counts["cancelled"]


def files_below(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    """Each file with its name from the folder given, hidden ones left out; links are not followed."""
    for path in paths:
        if path.is_file():
            yield path.name, path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                file = Path(folder, name)
                if not name.startswith(".") and file.is_file() and not file.is_symlink():
                    yield file.relative_to(path).as_posix(), file


def send_all(
    client: httpx.Client, files: Iterator[tuple[str, Path]], fields: dict[str, str], bulk_id: str
) -> list[tuple[str, str]]:
    """Hand in each file; one that is refused does not hold up the others. Returns those, each with why."""
    refused = []
    for name, file in files:
        reply = _send(client, name, file, fields | {"bulk_id": bulk_id, "name": name})
        if reply.status_code in (403, 404):  # the collection's: the next file would fare no better
            raise_problem(reply)
        if not reply.is_success:
            refused.append((name, _why(reply)))
    return refused


def _send(client: httpx.Client, name: str, file: Path, fields: dict[str, str]) -> httpx.Response:
    """One upload, sent again under its key where no answer came, so that nothing is handed in twice."""
    headers = {"Idempotency-Key": uuid4().hex}
    for left in reversed(range(TRIES)):
        try:
            with file.open("rb") as content:
                reply = client.post(
                    "/api/v1/documents", data=fields, files={"file": (file.name, content)}, headers=headers
                )
            if reply.status_code != 503 or not left:
                return reply
        except httpx.TransportError as error:
            if not left:
                raise errors.Unavailable(f"Nothing answered while {name} was handed in") from error
        time.sleep(AGAIN_AFTER_S)
    raise errors.Unavailable(f"{name} could not be handed in")


def _why(reply: httpx.Response) -> str:
    try:
        raise_problem(reply)
    except errors.HoldfastError as error:
        return error.detail
    return ""


def _follow(client: httpx.Client, bulk_id: str) -> dict[str, Any]:
    """Say how far the bulk is until nothing of it is open."""
    with console.status("") as status:
        while True:
            bulk = _look(client, bulk_id)
            if not any(bulk["counts"][state] for state in OPEN):
                return bulk
            status.update(describe_bulk(bulk))
            time.sleep(LOOK_EVERY_S)


def _look(client: httpx.Client, bulk_id: str) -> dict[str, Any]:
    reply = client.get(f"/api/v1/bulks/{bulk_id}")
    raise_problem(reply)
    bulk: dict[str, Any] = reply.json()
    return bulk


def _say_failures(client: httpx.Client, bulk_id: str) -> None:
    for state in ("failed", "quarantined"):
        reply = client.get("/api/v1/jobs", params={"bulk_id": bulk_id, "state": state, "limit": 200})
        raise_problem(reply)
        for job in reply.json()["items"]:
            reason = job["error"]["reason"] if job["error"] else state
            console.print(f"  {job['document_name']}: {reason}", markup=False, highlight=False)
