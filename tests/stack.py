"""Holdfast's real processes on this machine, a scripted engine among them, to be killed and tended."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import httpx
import psutil
from redis import Redis
from sqlalchemy import select

from services import release
from services.adapters.chroma import ChunkIndex
from services.cli import embedded
from services.cli.supervisor import Child, Program, Supervisor
from services.database.session import Transactions, open_engine
from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from services.database.tables.runs import Run
from services.documents import grants
from services.identity import permissions
from services.release import Lock
from services.settings import Settings
from tests.chroma_server import free_port
from tests.company import Company

ENGINE = Path(__file__).with_name("scripted_engine.py")
DEADLINE_S = 240.0
ENDED = ("done", "failed", "quarantined")
# Short, so that what a death leaves behind is taken over within the test.
QUICK = {
    "HOLDFAST_INGESTION__LEASE_S": "3",
    "HOLDFAST_INGESTION__HEARTBEAT_S": "0.5",
    "HOLDFAST_INGESTION__LOOK_EVERY_S": "0.3",
    "HOLDFAST_INGESTION__RESEND_AFTER_S": "1",
    "HOLDFAST_INGESTION__PURGE_EVERY_S": "1",
    "HOLDFAST_INGESTION__COMPARE_EVERY_S": "3",
    "HOLDFAST_INGESTION__MAX_ATTEMPTS": "20",
}


@dataclass
class Stack:
    """The processes, the truth they share, and a contributor's client of the api."""

    supervisor: Supervisor
    transactions: Transactions
    index: ChunkIndex
    client: httpx.Client
    broker: Redis
    hold: Path
    """While this file is there, the engine falls silent after its first piece."""
    folder: Path
    settings: Settings
    broker_url: str

    def until(self, is_so: Callable[[], Any], what: str) -> Any:
        """Tend the processes until it is so; what it was."""
        ends_at = time.monotonic() + DEADLINE_S
        while not (found := is_so()):
            if time.monotonic() > ends_at:
                raise TimeoutError(f"waited {DEADLINE_S:.0f} s: {what}")
            self.supervisor.tend()
            time.sleep(0.01)
        return found

    def tend_until(self, is_so: Callable[[], bool]) -> None:
        """Tend the processes until it is so, for as long as that takes."""
        while not is_so():
            self.supervisor.tend()
            time.sleep(0.02)

    def all_ready(self) -> bool:
        """Whether every part says that it is ready."""
        return self.supervisor.all_ready

    def forget_deaths(self) -> None:
        """So that many deaths on purpose are not taken for a part that cannot live."""
        for child in self.supervisor.children:
            child.deaths.clear()

    @contextmanager
    def another_client(self) -> Iterator[httpx.Client]:
        """The contributor's credential on connections of its own."""
        with httpx.Client(
            base_url=self.client.base_url, headers=self.client.headers, trust_env=False, timeout=120
        ) as client:
            yield client

    def search(self, question: str) -> list[dict[str, Any]]:
        """The passages found, as the wire shows them."""
        reply = self.client.post("/api/v1/search", json={"question": question, "limit": 20})
        assert reply.status_code == 200, reply.text
        return reply.json()["passages"]

    def until_ready(self) -> None:
        """Every part is; TimeoutError with the end of its log for each that is not."""
        try:
            self.until(lambda: self.supervisor.all_ready or self.supervisor.failed, "every part is ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self._unready()}") from error
        if self.supervisor.failed:
            raise TimeoutError(f"given up: {self._unready()}")

    def _unready(self) -> str:
        logs = self.supervisor.logs
        names = [child.program.name for child in self.supervisor.children if child.ready_after_s is None]
        ends = [(logs / f"{name}.log").read_text(errors="replace")[-800:] for name in names]
        return "; ".join(f"{name}: {end}" for name, end in zip(names, ends, strict=True))

    def process(self, name: str) -> psutil.Process:
        return psutil.Process(self._child(name).process.pid)

    def deaths(self, name: str) -> int:
        return len(self._child(name).deaths)

    def kill(self, name: str) -> None:
        """End it with SIGKILL; the next look of the supervisor starts it again."""
        process = self.process(name)
        process.kill()
        self.until(lambda: not process.is_running(), f"{name} is gone")

    def flush_broker(self) -> None:
        self.broker.flushall()

    def upload(self, name: str, text: str) -> str:
        """Hand a text in; returns its job's id."""
        reply = self.client.post(
            "/api/v1/documents", data={"collection": "handbook"}, files={"file": (name, text.encode())}
        )
        assert reply.status_code == 202, reply.text
        return reply.json()["job"]["id"]

    def run(self, job_id: str) -> Run:
        with self.transactions.read() as session:
            return session.get_one(Run, job_id)

    def until_stage_or_end(self, job_id: str, stage: str) -> Run:
        """Once it is in this stage; or over, as it may be before anybody looked."""
        return self.until(
            lambda: ((run := self.run(job_id)).stage == stage or run.state in ENDED) and run,
            f"{stage} begins",
        )

    def until_ended(self, job_id: str) -> Run:
        return self.until(lambda: (run := self.run(job_id)).state in ENDED and run, "the job ends")

    def visible_chunks(self) -> list[str]:
        with self.transactions.read() as session:
            query = select(ChunkRow.id).join(Version).join(Document)
            where = query.where(Version.state == VISIBLE, Document.deleted_at.is_(None))
            return sorted(session.scalars(where))

    def _child(self, name: str) -> Child:
        return next(child for child in self.supervisor.children if child.program.name == name)


@contextmanager
def running_stack(
    folder: Path,
    lock: Lock,
    models: Path,
    says: str,
    *,
    database_url: str = "",
    engine_script: Sequence[str] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stack]:
    """Start everything on `folder` and a migrated database (in it, or named); end it all on leaving.

    `engine_script` stands in for the scripted engine (its port is added); `more` are variables for all.
    """
    engine = open_engine(Settings(data_dir=folder, database={"url": database_url}))
    transactions = Transactions(engine)
    headers = _contributor(Settings(data_dir=folder), transactions)
    release.write_lock(lock, folder / "lock.toml")
    start = partial(
        _started,
        folder=folder,
        lock=lock,
        models=models,
        says=says,
        database_url=database_url,
        engine_script=engine_script,
        more=more,
        transactions=transactions,
        headers=headers,
    )
    with ExitStack() as opened:
        for is_last in (False, True):
            try:
                stack = opened.enter_context(start())
                break
            except TimeoutError:
                # A port that was free when it was chosen may be taken by now; others are chosen.
                if is_last:
                    raise
        yield stack
    engine.dispose()


@contextmanager
def _started(
    *,
    folder: Path,
    lock: Lock,
    models: Path,
    says: str,
    database_url: str,
    engine_script: Sequence[str],
    more: Mapping[str, str],
    transactions: Transactions,
    headers: dict[str, str],
) -> Iterator[Stack]:
    """Every process, ready, on ports that are free now."""
    settings = Settings(
        data_dir=folder,
        web={"port": free_port()},
        chroma={"port": free_port()},
        database={"url": database_url},
    )
    places = embedded.Places(Path(sys.executable), folder / "lock.toml", models)
    addresses = replace(embedded.Addresses.choose(), chroma_port=settings.chroma.port)
    config = embedded.write_settings(settings, places, addresses)
    hold = folder / "hold"
    script = [sys.executable, str(ENGINE), "--port", str(addresses.engine_port)]
    script += ["--key", addresses.engine_key, "--says", says, "--hold", str(hold)]
    if engine_script:
        script = [*engine_script, "--port", str(addresses.engine_port)]
    planned = embedded.programs(settings, places, addresses, config)
    programs = [_quick(program, script, more) for program in planned]
    index = ChunkIndex("127.0.0.1", settings.chroma.port, generation=lock.generation)
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{settings.web.port}", headers=headers, trust_env=False, timeout=120
    )
    broker = Redis(port=addresses.redis_port, password=addresses.redis_password)
    with client, broker, closing(index), Supervisor(programs, folder / "logs") as supervisor:
        stack = Stack(
            supervisor,
            transactions,
            index,
            client,
            broker,
            hold,
            folder,
            settings,
            f"redis://:{addresses.redis_password}@127.0.0.1:{addresses.redis_port}/0",
        )
        supervisor.start()
        stack.until_ready()
        yield stack


def _quick(program: Program, script: list[str], more: Mapping[str, str]) -> Program:
    command = script if program.name == "engine" else program.command
    return replace(program, command=command, environment=program.environment | QUICK | dict(more))


def _contributor(settings: Settings, transactions: Transactions) -> dict[str, str]:
    company = Company(SimpleNamespace(settings=settings, transactions=transactions))
    company.person("ada", "staff")
    collection_id = company.library.collection("handbook", "staff")
    with transactions.write() as session:
        grants.to_groups(session, collection_id, permissions.CURATE, [company.library.group("staff")])
    return company.key("ada", "search", "ask", "documents:read", "documents:write")
