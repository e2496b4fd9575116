"""The words of the `holdfast` command."""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from services import errors
from services.cli import (
    audit,
    bundle,
    corpus,
    doctor,
    drift,
    embedded,
    evaluation,
    index,
    ingest,
    installing,
    jobs,
    keeping,
    models,
    promote,
    replay,
    sources,
    up,
    whoami,
)
from services.cli.client import Credentials, events, raise_problem, signed_in
from services.cli.complaints import complaining as _complaining
from services.database import schema
from services.database.session import open_engine
from services.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A private assistant over your documents.")
admin = typer.Typer(no_args_is_help=True, help="What an administrator does to the installation.")
app.add_typer(admin, name="admin")
app.add_typer(models.app, name="models")
app.add_typer(bundle.app, name="bundle")
app.add_typer(sources.app, name="sources")
app.add_typer(corpus.app, name="corpus")
app.add_typer(evaluation.app, name="eval")
app.add_typer(audit.app, name="audit")
app.command("doctor")(doctor.doctor)
app.command("whoami")(whoami.whoami)
app.command("backup")(keeping.backup)
app.command("restore")(keeping.restore)
app.add_typer(jobs.app, name="jobs")
app.add_typer(index.app, name="index")
app.add_typer(drift.app, name="drift")
app.command("ingest")(ingest.ingest)
app.command("replay")(replay.replay)
app.command("promote")(promote.promote)
console = Console()


@app.command("up")
def up_command(
    engine_python: Annotated[Path, typer.Option(help="the engine environment's interpreter")],
    lock: Annotated[Path, typer.Option(help="the release's lock file")],
    models: Annotated[Path, typer.Option(help="folder of the lock's model folders")],
    demo: Annotated[bool, typer.Option(help="put the demo company in at the first start")] = True,
) -> None:
    """Start everything on this machine and watch it; Ctrl-C ends it all."""
    places = embedded.Places(engine_python.absolute(), lock.absolute(), models.absolute())
    raise typer.Exit(_complaining(up.run, load_settings(), places, with_demo=demo))


@app.command()
def ask(
    question: str,
    collection: Annotated[list[str] | None, typer.Option(help="ask only these collections")] = None,
) -> None:
    """Ask a question; the answer comes sentence by sentence with its sources."""
    _complaining(_ask, load_settings(), question, collection or [])


def _ask(settings: Settings, question: str, collections: list[str]) -> None:
    body: dict[str, Any] = {"question": question}
    if collections:
        body["collections"] = collections
    with (
        signed_in(settings, Credentials.load(settings.data_dir)) as client,
        client.stream("POST", "/api/v1/answers", json=body, headers={"Accept": "text/event-stream"}) as reply,
    ):
        if not reply.is_success:
            reply.read()
            raise_problem(reply)
        for name, data in events(reply):
            _print_event(name, data)


def _print_event(name: str, data: dict[str, Any]) -> None:
    if name == "sentence":
        marks = "".join(f"[{citation['number']}]" for citation in data["citations"])
        console.print(f"{data['text']} {marks}", markup=False, highlight=False)
    elif name == "answer":
        _print_answer(data)
    elif name == "failed":
        raise errors.HoldfastError(data["detail"])


def _print_answer(answer: dict[str, Any]) -> None:
    if answer["kind"] in ("refused", "clarify"):
        console.print(answer["text"], markup=False)
    for citation in answer["citations"]:
        page = f", page {citation['page']}" if citation["page"] else ""
        console.print(
            f"  [{citation['number']}] {citation['document_name']}{page}: “{citation['quote']}”",
            markup=False,
            highlight=False,
            style="dim",
        )
    made_by = f"  answer {answer['id']}, release {answer['release_id'][:12]}"
    console.print(made_by, style="dim", highlight=False)


@app.command()
def status() -> None:
    """Say what is up."""
    _complaining(_status, load_settings())


def _status(settings: Settings) -> None:
    address = f"http://{settings.web.host}:{settings.web.port}"
    try:
        reply = httpx.get(f"{address}/ready", timeout=5, trust_env=False)
    except httpx.TransportError as error:
        raise errors.Unavailable(f"Nothing answers at {address}: start it with `holdfast up`") from error
    state = reply.json()
    for part, is_up in state["parts"].items():
        console.print(f"{part:12} {'[green]up[/]' if is_up else '[red]down[/]'}")
    console.print(f"{'release':12} {state['release_id'][:12]}", highlight=False)


@admin.command()
def migrate(
    revision: str = "head",
    wait_s: Annotated[float, typer.Option(help="how long the database may take to answer")] = 0.0,
) -> None:
    """Bring the database's schema to this build's, or to a named revision."""
    engine = open_engine(_complaining(load_settings))
    _complaining(installing.migrate, engine, revision, wait_s)
    console.print(f"schema {schema.stored_revision(engine) or 'empty'}")


@admin.command("await-schema")
def await_schema(wait_s: Annotated[float, typer.Option(help="how long to wait at most")] = 600.0) -> None:
    """Return once the database has this build's schema."""
    _complaining(installing.await_schema, open_engine(_complaining(load_settings)), wait_s)


@admin.command("first")
def first_administrator(
    password_file: Annotated[Path, typer.Option(help="file that holds the password")], login: str = "admin"
) -> None:
    """Make the first administrator; changes nothing where somebody administers already."""
    engine = open_engine(_complaining(load_settings))
    is_made = _complaining(installing.make_first_admin, engine, login, password_file)
    console.print(f"administrator {login} {'made' if is_made else 'not made: there is one'}", highlight=False)
