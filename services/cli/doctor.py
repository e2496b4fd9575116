"""`holdfast doctor`: every part is asked, and each that is not well says what to do.

It asks the parts themselves and not the api, so that it helps when the api does not start.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, func, select

from services import errors, release
from services.adapters.chroma import ChunkIndex
from services.adapters.file_store import FileStore
from services.adapters.job_queue import JobQueue
from services.database import changes, schema
from services.database.session import Transactions, now, open_engine
from services.database.tables.library import VISIBLE, ChunkRow, Document, IndexReplica, Version
from services.database.tables.runs import FAILED, QUARANTINED, WAITING, Run, Worker
from services.release import Lock
from services.resources import PROMPTS
from services.settings import Settings, running_settings

GIB = 1024**3
LEAST_FREE = 2 * GIB
# A worker or replica that has said nothing for this long is gone.
SILENT = timedelta(seconds=60)
FAR_BEHIND = 100
console = Console()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part; `to_do` is empty where all is well."""

    part: str
    says: str
    to_do: str = ""


def doctor() -> None:
    """Check every part of the installation and say what to do; exit code 1 when something is wrong."""
    findings = list(examine(running_settings()))
    table = Table("part", "found", "what to do")
    for finding in findings:
        mark = "[red]✗[/]" if finding.to_do else "[green]✓[/]"
        table.add_row(f"{mark} {finding.part}", finding.says, finding.to_do)
    console.print(table)
    raise typer.Exit(1 if any(finding.to_do for finding in findings) else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """One finding after another; a part that is down keeps none of the others from being asked."""
    yield from _lock(settings)
    yield from _database(settings)
    yield _asked(
        "file store", "free space, or give the folder to the user that runs Holdfast", _files, settings
    )
    yield _asked(
        "queue", "start Redis, or correct HOLDFAST_QUEUE__URL; nothing is lost meanwhile", _queue, settings
    )
    yield _asked(
        "engine", "start it, or look at its last log lines; search works without it", _engine, settings
    )


def _asked(part: str, to_do: str, ask: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(part, ask(settings))
    except (errors.HoldfastError, OSError) as error:
        return Finding(part, getattr(error, "detail", str(error)), to_do)


def _lock(settings: Settings) -> Iterator[Finding]:
    try:
        lock = release.read_lock(settings.release_lock)
    except errors.LockMismatch as error:
        yield Finding("lock", error.detail, "name the release's lock: HOLDFAST_RELEASE__LOCK")
        return
    yield Finding("lock", f"release {lock.release_id[:12]} of {lock.generator.served_name}")
    put_back = "put the file back that the lock names (holdfast models verify), or choose its release"
    yield _asked(
        "embedder", put_back, lambda _: f"{release.verify_embedder(lock).name} is the lock's", settings
    )
    yield _asked("prompts", put_back, lambda _: _prompts(lock), settings)
    yield _asked("model", put_back, lambda _: _weights(lock, settings), settings)
    yield _asked(
        "chunk index",
        "start Chroma, or correct HOLDFAST_CHROMA__HOST and __PORT; upkeep fills what is missing",
        lambda _: _chunk_index(lock, settings),
        settings,
    )


def _prompts(lock: Lock) -> str:
    release.verify(lock, {"prompts": PROMPTS})
    return f"{len(lock.prompts)} files are the lock's"


def _weights(lock: Lock, settings: Settings) -> str:
    folder = settings.models_root / lock.generator.folder
    if not folder.is_dir():
        return "not on this machine: the engine verifies them where it runs"
    release.verify(lock, {"generator": folder})
    return f"{len(lock.generator.files)} files are the lock's"


def _chunk_index(lock: Lock, settings: Settings) -> str:
    index = ChunkIndex(settings.chroma.host, settings.chroma.port, generation=lock.generation)
    try:
        index.heartbeat()
        return f"{index.count()} vectors of generation {lock.generation}"
    finally:
        index.close()


def _database(settings: Settings) -> Iterator[Finding]:
    engine = open_engine(settings)
    try:
        schema.require_current(engine)
        yield Finding("database", f"{engine.dialect.name}, schema {schema.stored_revision(engine)}")
        yield from _stored(engine)
    except errors.HoldfastError as error:
        yield Finding("database", error.detail, "start it, correct HOLDFAST_DATABASE__URL, or migrate")
    finally:
        engine.dispose()


def _stored(engine: Engine) -> Iterator[Finding]:
    """What the tables say of library, queue, workers and replicas."""
    with Transactions(engine).read() as session:
        chunks = session.scalar(
            select(func.count())
            .select_from(ChunkRow)
            .join(Version, Version.id == ChunkRow.version_id)
            .join(Document, Document.id == Version.document_id)
            .where(Version.state == VISIBLE, Document.deleted_at.is_(None))
        )
        counted = select(Run.state, func.count()).group_by(Run.state)
        counts = {row[0]: row[1] for row in session.execute(counted)}
        workers = session.scalar(
            select(func.count()).select_from(Worker).where(Worker.seen_at > now() - SILENT)
        )
        newest = changes.newest_position(session)
        replicas = session.scalars(select(IndexReplica).where(IndexReplica.seen_at > now() - SILENT)).all()
    yield Finding("library", f"{chunks} chunks can be found")
    yield _runs(counts)
    yield _workers(workers or 0, counts.get(WAITING, 0))
    yield _replicas([newest - replica.position for replica in replicas])


def _runs(counts: dict[str, int]) -> Finding:
    bad = counts.get(FAILED, 0) + counts.get(QUARANTINED, 0)
    says = f"{counts.get(WAITING, 0)} wait, {bad} failed"
    return Finding("runs", says, "look at their reasons: holdfast jobs list --state failed" if bad else "")


def _workers(alive: int, waiting: int) -> Finding:
    to_do = "start a worker: celery -A ingestion.worker worker" if waiting and not alive else ""
    return Finding("workers", f"{alive} take work", to_do)


def _replicas(lags: list[int]) -> Finding:
    worst = max(lags, default=0)
    to_do = "an api replica cannot keep up; look at its log" if worst > FAR_BEHIND else ""
    return Finding("api replicas", f"{len(lags)}, at most {worst} changes behind", to_do)


def _files(settings: Settings) -> str:
    store = FileStore(settings.files_root)
    store.delete(store.save_bytes(b"holdfast doctor was here"))
    free = shutil.disk_usage(store.root).free
    if free < LEAST_FREE:
        raise errors.StorageFull(f"only {free / GIB:.1f} GiB are free below {store.root}")
    return f"writable, {free / GIB:.0f} GiB free"


def _queue(settings: Settings) -> str:
    queue = JobQueue(settings.queue)
    try:
        return f"answers, {queue.waiting()} nudges"
    finally:
        queue.close()


def _engine(settings: Settings) -> str:
    headers = {"Authorization": f"Bearer {settings.engine.api_key.get_secret_value()}"}
    try:
        reply = httpx.get(f"{settings.engine.url}/models", headers=headers, timeout=5, trust_env=False)
        reply.raise_for_status()
        return "serves " + ", ".join(model["id"] for model in reply.json()["data"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise errors.EngineUnavailable(f"{settings.engine.url} does not answer as an engine") from error
