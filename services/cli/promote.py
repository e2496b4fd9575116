"""`holdfast promote`: let a candidate release answer, after all that can be known before has been looked at.

    verify → memory plan → index generation → gate → canaries of the present release → restart → canaries anew

On one machine `holdfast up` sees the promoted lock and restarts what depends on it; elsewhere the command to
give is printed. Search goes on while the engine starts.
"""

import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from services import audit, errors, generations, release, signatures
from services.adapters.file_store import FileStore
from services.cli import promoted
from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.database.session import Transactions, open_engine
from services.engine import launch, lock_parts
from services.evaluation import gate as gates
from services.evaluation import results
from services.release import Lock
from services.settings import Settings, running_settings

console = Console()
PROMPTS = Path(__file__).parents[1] / "answers" / "prompts"
READY_S = 900.0
LOOK_EVERY_S = 1.0
ANSWERS_WITHIN_S = 10.0


def promote(
    candidate: Annotated[Path | None, typer.Argument(help="the candidate release's lock")] = None,
    *,
    back: Annotated[bool, typer.Option("--back", help="return to the release before")] = False,
    gate: Annotated[Path | None, typer.Option(help="gate file that --result has to pass")] = None,
    result: Annotated[Path | None, typer.Option(help="what `holdfast eval run` came to")] = None,
) -> None:
    """Let another release answer; nothing is changed before all that can be known has been looked at."""
    if back == (candidate is not None) or (gate is None) != (result is None):
        raise typer.BadParameter("name a candidate's lock or --back; --gate and --result go together")
    complaining(_promote, running_settings(), candidate, (gate, result))


def _promote(settings: Settings, candidate: Path | None, gate: tuple[Path | None, Path | None]) -> None:
    wanted = candidate or settings.data_dir / promoted.BEFORE
    if not wanted.exists():
        raise errors.NotFound(f"{wanted}: there is no such lock, so nowhere to go")
    lock = _verified(settings, wanted)
    _hold_to(lock, *gate)
    if settings.mode == "production":
        _say_the_command(wanted)
        return
    if candidate is None and not _answers(settings):
        _return_unattended(settings, lock)
        return
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        _require_another(client, lock)
        generation = _require_generation(client, lock)
        if candidate is not None:
            _require_undrifted(client)
        if generation is not None:
            raise_problem(client.post("/api/v1/index/switch", json={"generation": generation}))
    if candidate is None:
        promoted.exchange(settings.data_dir)
    else:
        promoted.put(settings.data_dir, candidate, settings.release_lock)
    _say("search goes on; answers pause until the engine has started with the other release")
    _await(settings, lock)
    _record(settings)


def _answers(settings: Settings) -> bool:
    """Whether something listens there; one that is slow or fails is an api all the same."""
    address = f"http://{settings.web.host}:{settings.web.port}/live"
    try:
        httpx.get(address, timeout=ANSWERS_WITHIN_S, trust_env=False)
    except httpx.ConnectError:
        return False
    return True


def _return_unattended(settings: Settings, lock: Lock) -> None:
    """The way back where nothing runs, as when the promoted release does not start."""
    with Transactions(open_engine(settings)).write() as session:
        if generations.live_name(session) not in (None, lock.generation):
            generations.switch(session, lock.generation, FileStore(settings.files_root))
            audit.record(session, "", "index.switch", lock.generation)
    promoted.exchange(settings.data_dir)
    _say(f"nothing answers here, so release {lock.release_id[:12]} starts with the next `holdfast up`")


def _verified(settings: Settings, path: Path) -> Lock:
    """The candidate, every file of which is here, and whose memory plan fits this machine."""
    named = settings.release.model_copy(update={"lock": path})
    lock = signatures.read_trusted_lock(settings.model_copy(update={"release": named}))
    wrong = [one for one in lock_parts.check(lock, path, settings.models_root, PROMPTS, None) if one.problem]
    if wrong:
        raise errors.LockMismatch("; ".join(f"{one.part}: {one.problem}" for one in wrong))
    _say(f"verified release {lock.release_id[:12]}")
    try:
        folder = settings.models_root / lock.generator.folder
        _say(launch.plan_memory(release.as_table(lock), folder))
    except (launch.Refused, OSError, ValueError) as error:
        raise errors.LockMismatch(f"memory plan: {error}") from error
    return lock


def _hold_to(lock: Lock, gate: Path | None, result: Path | None) -> None:
    if gate is None or result is None:
        return
    decision = gates.decide(results.read(result), gates.read(gate), lock.release_id)
    missed = [f"{row.name} {row.wanted}" for row in decision.rows if not row.is_met]
    if missed:
        raise errors.Conflict(f"The gate is not passed: {', '.join(missed)}")
    _say("the gate is passed")


def _say_the_command(lock: Path) -> None:
    _say("this installation is not started by `holdfast up`; give:")
    _say(f"  helm upgrade holdfast helm/holdfast --reuse-values --set-file release.lock={lock}")
    _say("then: holdfast drift record   (and for the way back: helm rollback holdfast)")


def _require_another(client: httpx.Client, lock: Lock) -> None:
    reply = client.get("/api/v1/release")
    raise_problem(reply)
    if reply.json()["release_id"] == lock.release_id:
        raise errors.Conflict(f"Release {lock.release_id[:12]} is served already")


def _require_generation(client: httpx.Client, lock: Lock) -> str | None:
    """The index generation to switch to, None where the live one serves; errors.Conflict while not ready."""
    reply = client.get("/api/v1/index")
    raise_problem(reply)
    found = {one["name"]: one for one in reply.json()["generations"]}
    mine = found.get(lock.generation)
    if mine is not None and mine["state"] == "live":
        _say("the live index generation serves")
        return None
    if mine is None or mine["state"] not in ("ready", "kept") or mine["missing_versions"]:
        raise errors.Conflict("Its index generation is not ready: holdfast index build --lock LOCK")
    _say(f"index generation {mine['name']} is ready")
    return str(mine["name"])


def _require_undrifted(client: httpx.Client) -> None:
    """What is left behind should be what was recorded, or the way back leads somewhere else."""
    reply = client.post("/api/v1/drift/checks")
    if reply.status_code == httpx.codes.NOT_FOUND:
        raise_problem(client.post("/api/v1/drift/records"))
        _say("the present release's canaries were recorded")
        return
    raise_problem(reply)
    found: dict[str, Any] = reply.json()
    if found["state"] == "drifted":
        raise errors.Conflict("The present release has drifted; see `holdfast drift check`")
    _say(f"the present release's canaries: {found['state'].replace('_', ' ')}")


def _await(settings: Settings, lock: Lock) -> None:
    """Until the api serves this release and the engine answers."""
    address = f"http://{settings.web.host}:{settings.web.port}/ready"
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            told = httpx.get(address, timeout=5, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            told = {}
        if told.get("release_id") == lock.release_id and told["ready"] and told["parts"]["engine"]:
            return
        time.sleep(LOOK_EVERY_S)
    raise errors.Unavailable("The release does not start; see `holdfast up`; return: holdfast promote --back")


def _record(settings: Settings) -> None:
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        reply = client.post("/api/v1/drift/records")
        raise_problem(reply)
    kept = reply.json()
    _say(f"release {kept['release_id'][:12]} answers; its {kept['questions']} canaries were recorded")
    _say("return: holdfast promote --back")


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
