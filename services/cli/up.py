"""`holdfast up`: everything on one machine, watched, and ended together."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from services import errors, signatures
from services.cli import demo, embedded, preflight, promoted
from services.cli.client import CREDENTIALS, Credentials, raise_problem, signed_in
from services.cli.supervisor import Program, Supervisor
from services.engine.model_store import ModelStore
from services.release import Lock
from services.settings import Settings

console = Console()
LOOK_EVERY_S = 0.5
INGEST_TIMEOUT_S = 600.0


def run(settings: Settings, places: embedded.Places, *, with_demo: bool) -> int:
    """Start, show, ingest the demo once, and watch until asked to end; returns the exit code."""
    begun = time.monotonic()
    problems = preflight.problems(settings.web.host, settings.web.port, settings.data_dir)
    for problem in problems:
        console.print(f"[red]cannot start:[/red] {problem}")
    if problems:
        return 1
    given, places = places, promoted.served(settings.data_dir, places)
    if places != given:
        console.print(f"the lock is the promoted one, {places.lock}", markup=False, highlight=False)
    lock = _trusted_lock(settings, places)
    ended = _end_on_signals()
    addresses = embedded.Addresses.choose()
    config = embedded.write_settings(settings, places, addresses)
    programs = embedded.programs(settings, places, addresses, config)
    with Supervisor(programs, settings.data_dir / "logs") as supervisor:
        # The engine takes longest, so it starts while the database is made ready for the others.
        supervisor.start(embedded.INDEPENDENT)
        admin_password = _prepare_database(settings, programs, with_demo=with_demo)
        supervisor.start()
        if not _wait_until_ready(supervisor, ended):
            return 0 if ended.is_set() else _explain_failure(supervisor)
        ready_s = time.monotonic() - begun
        ModelStore(places.models).remember(lock)
        if with_demo:
            _put_demo_in_once(settings, supervisor, ended)
        _show_address(settings, admin_password, ready_s)
        follower = _Follower(settings, given, addresses, promoted.stamp(settings.data_dir))
        return _watch(supervisor, ended, follower)


def _trusted_lock(settings: Settings, places: embedded.Places) -> Lock:
    """The lock that everything is started on; errors.LockMismatch where it is not right."""
    told = settings.release.model_copy(update={"lock": places.lock})
    return signatures.read_trusted_lock(settings.model_copy(update={"release": told}))


def _end_on_signals() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _prepare_database(settings: Settings, programs: Sequence[Program], *, with_demo: bool) -> str | None:
    """Migrate and make the first administrator, whose password is returned when it was made now."""
    api = next(program for program in programs if program.name == "api")
    wants_demo = with_demo and not (settings.data_dir / demo.DONE_FILE).exists()
    command = [sys.executable, "-m", "services.cli.prepare", *(["--demo"] if wants_demo else [])]
    done = subprocess.run(command, env=api.environment, cwd=api.folder, capture_output=True, check=False)
    if done.returncode != 0:
        raise errors.DatabaseUnavailable(f"The database cannot be prepared: {done.stderr.decode()[-2000:]}")
    password: str | None = json.loads(done.stdout.splitlines()[-1])["admin_password"]
    return password


def _wait_until_ready(supervisor: Supervisor, ended: threading.Event) -> bool:
    with Live(_table(supervisor), console=console, refresh_per_second=2) as live:
        while not ended.wait(LOOK_EVERY_S):
            for told in supervisor.tend():
                console.print(f"[yellow]{told}[/yellow]")
            live.update(_table(supervisor))
            if supervisor.all_ready or supervisor.failed:
                break
    return supervisor.all_ready


def _table(supervisor: Supervisor) -> Table:
    table = Table("part", "state", "after")
    colours = {"ready": "green", "starting": "yellow", "failed": "red", "waiting": "dim"}
    for child in supervisor.children:
        after = f"{child.ready_after_s:.1f} s" if child.ready_after_s is not None else ""
        table.add_row(child.program.name, f"[{colours[child.state]}]{child.state}[/]", after)
    return table


def _explain_failure(supervisor: Supervisor) -> int:
    for child in supervisor.failed:
        log = supervisor.logs / f"{child.program.name}.log"
        console.print(f"[red]{child.program.name} does not start.[/red] The end of {log}:")
        console.print("".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:]), markup=False)
    return 1


def _put_demo_in_once(settings: Settings, supervisor: Supervisor, ended: threading.Event) -> None:
    """At the first start only: what people remove later stays removed, and a failure ends nothing."""
    done = settings.data_dir / demo.DONE_FILE
    if done.exists():
        return
    try:
        _ingest_demo(settings, supervisor, ended)
    except (errors.HoldfastError, httpx.HTTPError) as error:
        console.print(f"[yellow]the demo documents were not put in: {error}[/yellow]")
    else:
        done.touch()


def _ingest_demo(settings: Settings, supervisor: Supervisor, ended: threading.Event) -> None:
    """Upload what the library does not hold yet and wait for its jobs."""
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        jobs = [demo.upload(client, name, file) for name, file in demo.missing_documents(client)]
        deadline = time.monotonic() + INGEST_TIMEOUT_S
        waiting = set(jobs)
        while waiting and not ended.is_set() and time.monotonic() < deadline:
            for told in supervisor.tend():
                console.print(f"[yellow]{told}[/yellow]")
            for job_id in sorted(waiting):
                reply = client.get(f"/api/v1/jobs/{job_id}")
                raise_problem(reply)
                job = reply.json()
                if job["state"] in ("failed", "quarantined"):
                    console.print(f"[red]{job['document_name']}: {job['error']['reason']}[/red]")
                if job["state"] not in ("waiting", "running"):
                    waiting.discard(job_id)
            if console.is_terminal or not waiting:  # a file would hold every redrawing of the line
                done = len(jobs) - len(waiting)
                console.print(f"demo documents: {done} of {len(jobs)}", end="\n" if not waiting else "\r")
            ended.wait(LOOK_EVERY_S if waiting else 0)
        if waiting:
            raise errors.Unavailable(f"{len(waiting)} demo documents were not read in time")


def _show_address(settings: Settings, admin_password: str | None, ready_s: float) -> None:
    console.print(f"\nready after {ready_s:.0f} s", highlight=False)
    console.print(f"open  http://{settings.web.host}:{settings.web.port}", highlight=False)
    if admin_password is not None:
        console.print(
            f"sign in as [bold]{demo.ADMIN}[/bold] with [bold]{admin_password}[/bold]  (shown once)",
            highlight=False,
        )
    kept = settings.data_dir / CREDENTIALS
    console.print(f"the first administrator's password is kept in {kept}", highlight=False)
    people = settings.data_dir / demo.PEOPLE_FILE
    if people.exists():
        console.print(f"the demo's people and their passwords are in {people}", highlight=False)
    console.print("Ctrl-C ends everything", highlight=False)


@dataclass(slots=True)
class _Follower:
    """Sees that another release was promoted, and lets the processes that depend on it start anew."""

    settings: Settings
    given: embedded.Places
    addresses: embedded.Addresses
    seen: int

    def look(self, supervisor: Supervisor) -> None:
        stamp = promoted.stamp(self.settings.data_dir)
        if stamp == self.seen:
            return
        self.seen = stamp
        places = promoted.served(self.settings.data_dir, self.given)
        try:
            lock = _trusted_lock(self.settings, places)
        except errors.HoldfastError as error:
            console.print(f"[red]not promoted:[/red] {error.detail}")
            return
        console.print(f"release {lock.release_id[:12]} was promoted: starting with it", highlight=False)
        config = embedded.write_settings(self.settings, places, self.addresses)
        every = embedded.programs(self.settings, places, self.addresses, config)
        supervisor.exchange([one for one in every if one.name in embedded.OF_THE_RELEASE])
        ModelStore(places.models).remember(lock)


def _watch(supervisor: Supervisor, ended: threading.Event, follower: _Follower) -> int:
    while not ended.wait(LOOK_EVERY_S):
        follower.look(supervisor)
        for told in supervisor.tend():
            console.print(f"[yellow]{told}[/yellow]")
        if supervisor.failed:
            return _explain_failure(supervisor)
    return 0
