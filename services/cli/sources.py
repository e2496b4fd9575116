"""`holdfast sources`: name a place, test it, sync it, see what was taken and why the rest was not."""

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services import errors
from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Sources: places that collections are filled from.")
console = Console()
ADDRESS = "/api/v1/sources"
ENDED = ("done", "failed", "quarantined", "cancelled")
POLL_S = 0.5
SHOWN, HIDDEN = 50, 403

Name = Annotated[str, typer.Argument(help="the source's name")]
OptionList = Annotated[
    list[str] | None, typer.Option("--option", help="NAME=VALUE, the value in JSON or plain")
]
SecretList = Annotated[
    list[str] | None, typer.Option("--secret", help="NAME=env:HOLDFAST_SOURCE_… or NAME=file:path")
]
ReaderList = Annotated[
    list[str] | None, typer.Option("--reader", help="PREFIX=GROUP,GROUP: who reads what lies below it")
]
Every = Annotated[int | None, typer.Option("--every", help="seconds between syncs; 0 for never")]


@app.command("list")
def list_sources() -> None:
    """The sources, and what became of their last run."""
    complaining(_list)


def _list() -> None:
    table = Table("name", "kind", "documents", "every", "last run", box=None)
    with _client() as client:
        for source in _pages(client, ADDRESS):
            run = source["last_run"]
            every = "paused" if source["is_paused"] else f"{source['every_s']} s" if source["every_s"] else ""
            told = _told(run) if run else "not tested yet"
            table.add_row(source["name"], source["kind"], str(source["documents"]), every, told)
    console.print(table)


@app.command()
def add(
    name: Name,
    kind: Annotated[str, typer.Argument(help="folder, s3, website, git, or one of your own")],
    collection: Annotated[str, typer.Argument(help="the collection to fill")],
    *,
    option: OptionList = None,
    secret: SecretList = None,
    reader: ReaderList = None,
    every: Every = None,
) -> None:
    """Name a place. Test it next: nothing is synced before that."""
    complaining(_add, {"name": name, "kind": kind, "collection": collection}, option, secret, reader, every)


def _add(body: dict[str, Any], *given: Any) -> None:
    with _client() as client:
        source = _read(client.post(ADDRESS, json=body | _wanted(client, *given)))
    console.print(f"{source['name']} is there; now: holdfast sources test {source['name']}", highlight=False)


@app.command()
def change(
    name: Name,
    *,
    option: OptionList = None,
    secret: SecretList = None,
    reader: ReaderList = None,
    every: Every = None,
    pause: Annotated[bool | None, typer.Option("--pause/--resume", help="hold its schedule")] = None,
) -> None:
    """Set what is named: all options, all secrets or all rules together. A new place is tested again."""
    complaining(_change, name, pause, option, secret, reader, every)


def _change(name: str, pause: bool | None, *given: Any) -> None:
    with _client() as client:
        body = _wanted(client, *given) | ({} if pause is None else {"is_paused": pause})
        source = _read(client.patch(f"{ADDRESS}/{_find(client, name)['id']}", json=body))
    console.print(f"{source['name']} {'is tested' if source['is_tested'] else 'has to be tested again'}")


@app.command()
def test(name: Name) -> None:
    """Look at the first items and list what a sync would take, without taking it."""
    complaining(_run, name, "test", {})


@app.command()
def sync(
    name: Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done")] = False,
    allow_removals: Annotated[bool, typer.Option(help="even most of its documents may go")] = False,
) -> None:
    """Make the collection follow the source, and say what was added, changed, removed and skipped."""
    complaining(_run, name, "sync", {"dry": dry_run, "allow_removals": allow_removals})


def _run(name: str, act: str, body: dict[str, Any]) -> None:
    with _client() as client:
        source = _find(client, name)
        run = _read(client.post(f"{ADDRESS}/{source['id']}/{act}", json=body))
        place = f"{ADDRESS}/{source['id']}/runs/{run['id']}"
        while run["state"] not in ENDED:
            time.sleep(POLL_S)
            run = _read(client.get(place))
        if client.get(f"{place}/items").status_code == HIDDEN:
            console.print("What it holds is shown to those who may add to its collection.")
        elif run["state"] == "done":
            _print_items(client, f"{place}/items")
        console.print(_told(run), markup=False, highlight=False)
    if run["state"] != "done":
        raise typer.Exit(1)


@app.command()
def runs(name: Name) -> None:
    """The source's newest runs."""
    complaining(_runs, name)


def _runs(name: str) -> None:
    table = Table("id", "began", "what became of it", box=None)
    with _client() as client:
        for run in _read(client.get(f"{ADDRESS}/{_find(client, name)['id']}/runs"))["items"]:
            table.add_row(run["id"], run["created_at"][:16], _told(run))
    console.print(table)


@app.command()
def items(
    name: Name,
    run: Annotated[str | None, typer.Option(help="what this run did; else what the source holds")] = None,
) -> None:
    """What the source holds, or what one run did."""
    complaining(_items, name, run)


def _items(name: str, run: str | None) -> None:
    with _client() as client:
        place = f"{ADDRESS}/{_find(client, name)['id']}"
        _print_items(client, f"{place}/runs/{run}/items" if run else f"{place}/items", most=None)


@app.command()
def cancel(name: Name) -> None:
    """End the source's open run; what it delivered stays."""
    complaining(_cancel, name)


def _cancel(name: str) -> None:
    with _client() as client:
        raise_problem(client.post(f"{ADDRESS}/{_find(client, name)['id']}/cancel"))


@app.command()
def remove(
    name: Name,
    with_documents: Annotated[bool, typer.Option(help="remove what it brought, too")] = False,
) -> None:
    """Forget a source; its documents stay unless they are to go with it."""
    complaining(_remove, name, with_documents)


def _remove(name: str, with_documents: bool) -> None:
    with _client() as client:
        wanted = {"documents": "remove" if with_documents else "keep"}
        raise_problem(client.delete(f"{ADDRESS}/{_find(client, name)['id']}", params=wanted))


def _wanted(client: Any, *given: Any) -> dict[str, Any]:
    option, secret, reader, every = given
    body: dict[str, Any] = {}
    if option:
        body["options"] = {name: _value(value) for name, value in map(_parted, option)}
    if secret:
        body["secrets"] = dict(map(_parted, secret))
    if reader:
        groups = {group["name"]: group["id"] for group in _pages(client, "/api/v1/groups")}
        body["readers"] = [_rule(one, groups) for one in reader]
    return body if every is None else body | {"every_s": every}


def _rule(given: str, groups: dict[str, str]) -> dict[str, Any]:
    prefix, names = _parted(given)
    unknown = [name for name in names.split(",") if name and name not in groups]
    if unknown:
        raise errors.NotFound(f"There is no group {unknown[0]}")
    return {"prefix": prefix, "group_ids": [groups[name] for name in names.split(",") if name]}


def _parted(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise errors.InvalidRequest(f"{given}: write NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _print_items(client: Any, place: str, most: int | None = SHOWN) -> None:
    for number, item in enumerate(_pages(client, place)):
        if most is not None and number == most:
            console.print("…", highlight=False)
            return
        said = ": ".join(part for part in (item["reason"], item["detail"]) if part)
        why = f" ({said})" if said else ""
        action = item.get("action", "skipped" if item["reason"] else "held")
        console.print(f"{action:8} {item['key']}{why}", markup=False, highlight=False, soft_wrap=True)


def _told(run: dict[str, Any]) -> str:
    """A run in one line."""
    counts = [f"{run[name]} {name}" for name in ("added", "changed", "removed", "skipped", "unchanged")]
    kind = "dry run" if run["dry"] else "sync"
    why = f": {run['error']['reason']}" if run["error"] else ""
    return f"{kind} {run['state']}{why}; {', '.join(counts)}"


def _find(client: Any, name: str) -> dict[str, Any]:
    for source in _pages(client, ADDRESS):
        if name in (source["name"], source["id"]):
            return source
    raise errors.NotFound(f"There is no source {name}")


def _pages(client: Any, place: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = _read(client.get(place, params={"limit": 200, "cursor": cursor}))
        yield from page["items"]
        cursor = page["next_cursor"]


def _client() -> Any:
    settings = load_settings()
    return signed_in(settings, Credentials.load(settings.data_dir))


def _read(reply: Any) -> dict[str, Any]:
    raise_problem(reply)
    found: dict[str, Any] = reply.json()
    return found
