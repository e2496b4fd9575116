"""How long after a suspension, or a group taken away, does anything still come? For every carrier of access.

`make eval-revoke` serves the api on this machine on a real SQLite database, with a model that need not end
its answer. Each round has a new person with one carrier; once access was had, it is taken, and what is
measured is the time from the commit until the last reply, event or answer that still held a document's text.
"""

import argparse
import asyncio
import itertools
import math
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from services.adapters.vllm import Message, Piece, Sampling
from services.answers.admission import Admission
from services.answers.batch_work import Batches
from services.database.session import Transactions, now, open_engine
from services.database.tables.answers import Answer
from services.database.tables.identity import Person, ServiceAccount
from services.identity import assertions, last_use, people
from services.identity.people import FIRST_START, PersonChange
from services.settings import Answers, Settings
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel
from tests.ground import close_ground, open_ground, provisional_lock
from tests.parts import SqliteTemplate
from tests.permission_callers import PRIVATE, signed_for
from tests.quality import figures, report
from tests.served import serving

COMMAND = "make eval-revoke"
SENTENCE = "The quokka costs 12 euros."
QUESTION = {"question": "What does the quokka cost in euros?"}
ACTS = ("suspension", "group")
GIVE_UP_S = 60.0
SETTLED = 4
"""So often access was had before it is taken: a stream speaks, a batch is under way."""
QUIET_S = 1.0
"""So long nothing may have come any more before a carrier counts as ended."""


class TirelessModel(FakeLanguageModel):
    """Says one true sentence; while it is `endless`, again and again, ten times a second."""

    endless = False

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling, *, cache_salt: str = ""
    ) -> AsyncGenerator[Piece, None]:
        yield Piece(text=f"{SENTENCE} ")
        while self.endless:
            await asyncio.sleep(0.1)
            yield Piece(text=f"{SENTENCE} ")
        yield Piece(finish_reason="stop")


@dataclass
class Had:
    """When access was last had, by the monotonic clock."""

    at: float = 0.0
    times: int = 0

    def now(self) -> None:
        self.at = time.monotonic()
        self.times += 1


@dataclass
class Scene:
    """The served api, its company and the model that answers."""

    company: Company
    base_url: str
    model: TirelessModel
    count: int = 0

    def newcomer(self) -> str:
        self.count += 1
        login = f"person-{self.count}"
        self.company.person(login, "everyone", "readers")
        return login

    def take(self, login: str, act: str) -> None:
        with self.company.resources.transactions.write() as session:
            person_id = self.company.people[login]
            left = frozenset({people.everyone(session).id})
            change = PersonChange(is_active=False) if act == "suspension" else PersonChange(group_ids=left)
            people.change_person(session, FIRST_START, person_id, change)
            assert session.get_one(Person, person_id) is not None


Carrier = Callable[[Scene, str, Had, threading.Event], None]


def asked_again(headers: Callable[[Scene, str], dict[str, str]]) -> Carrier:
    """Searches over and over until told to stop."""

    def run(scene: Scene, login: str, had: Had, stop: threading.Event) -> None:
        sent = headers(scene, login)
        with httpx.Client(base_url=scene.base_url, trust_env=False, timeout=60) as client:
            while not stop.is_set():
                acting = _acting(scene, sent, login)
                reply = client.post("/api/v1/search", json=QUESTION, headers=sent | acting)
                if SENTENCE in reply.text:
                    had.now()

    return run


def _acting(scene: Scene, sent: dict[str, str], login: str) -> dict[str, str]:
    account = sent.get("X-Account", "")
    return {assertions.HEADER: signed_for(account, scene.company.people[login])} if account else {}


def by_account(scene: Scene, login: str) -> dict[str, str]:
    """A new account that acts for the person, and its key."""
    account = scene.company.person(f"robot-for-{login}", "everyone", "readers")
    pem = PRIVATE.as_pem(private=False).decode()
    with scene.company.resources.transactions.write() as session:
        session.add(ServiceAccount(person_id=account, public_key=pem, created_by=account))
    return scene.company.key(f"robot-for-{login}", "search") | {"X-Account": account}


def by_mcp(scene: Scene, login: str, had: Had, stop: threading.Event) -> None:
    headers = scene.company.key(login, "search") | {"Accept": "application/json, text/event-stream"}
    call = {"name": "search", "arguments": QUESTION}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    with httpx.Client(base_url=scene.base_url, trust_env=False, timeout=60) as client:
        while not stop.is_set():
            if SENTENCE in client.post("/mcp", json=body, headers=headers).text:
                had.now()


def by_stream(scene: Scene, login: str, had: Had, stop: threading.Event) -> None:
    """One answer that would never end; its events, until it is ended."""
    headers = scene.company.key(login, "ask") | {"Accept": "text/event-stream"}
    address = f"{scene.base_url}/api/v1/answers"
    scene.model.endless = True
    with (
        suppress(httpx.TransportError),
        httpx.Client(trust_env=False, timeout=60) as client,
        client.stream("POST", address, json=QUESTION | {"policy": "off"}, headers=headers) as reply,
    ):
        for line in reply.iter_lines():
            if line.startswith("data:") and "quokka" in line:
                had.now()
    scene.model.endless = False
    stop.wait()


def by_batch(scene: Scene, login: str, had: Had, stop: threading.Event) -> None:
    """Many questions of one batch; when its newest answer that rests on a document was made."""
    headers = scene.company.key(login, "ask")
    asked = {"questions": [QUESTION | {"policy": "strict"}] * 100}
    with httpx.Client(base_url=scene.base_url, trust_env=False, timeout=60) as client:
        client.post("/api/v1/answers:batch", json=asked, headers=headers).raise_for_status()
    work = threading.Thread(target=asyncio.run, args=(_work(scene, stop),))
    work.start()
    seen = 0
    while not stop.wait(0.02):
        found = _answers(scene, login)
        if found > seen:
            had.now()
        seen = found
    work.join()


async def _work(scene: Scene, stop: threading.Event) -> None:
    working = asyncio.create_task(Batches(Admission(Answers()), scene.company.resources).work_once())
    await asyncio.to_thread(stop.wait)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


def _answers(scene: Scene, login: str) -> int:
    with scene.company.resources.transactions.read() as session:
        theirs = select(Answer.id).where(Answer.asked_by == scene.company.people[login], Answer.text != "")
        return len(session.scalars(theirs.where(Answer.kind != "refused")).all())


CARRIERS: dict[str, Carrier] = {
    "session": asked_again(lambda scene, login: scene.company.session(login)),
    "key": asked_again(lambda scene, login: scene.company.key(login, "search")),
    "account": asked_again(by_account),
    "mcp": by_mcp,
    "stream": by_stream,
    "batch": by_batch,
}


def measure(scene: Scene, carrier: Carrier, act: str) -> float:
    """Seconds from the commit to the last that was still had."""
    login, had, stop = scene.newcomer(), Had(), threading.Event()
    thread = threading.Thread(target=carrier, args=(scene, login, had, stop))
    thread.start()
    try:
        _await(lambda: had.times >= SETTLED, "access was never had")
        scene.take(login, act)
        taken = time.monotonic()
        _await(lambda: time.monotonic() - max(had.at, taken) > QUIET_S, "access never ended")
    finally:
        stop.set()
        thread.join()
    return max(0.0, had.at - taken)


def _await(is_so: Callable[[], bool], otherwise: str) -> None:
    ends_at = time.monotonic() + GIVE_UP_S
    while not is_so():
        if time.monotonic() > ends_at:
            raise SystemExit(otherwise)
        time.sleep(0.005)


@contextmanager
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("template", "data", "models"):
            (folder / part).mkdir()
        SqliteTemplate(folder / "template").copy_to(folder / "data")
        settings = Settings(data_dir=folder / "data", secret_key="s" * 32)
        lock = provisional_lock(folder / "models")
        model = TirelessModel()
        resources = open_ground(settings, Transactions(open_engine(settings)), lock, model=model)
        company = Company(resources)
        company.add("ledger", "costs.txt", [SENTENCE], "readers")
        with serving(resources) as base_url:
            yield Scene(company, base_url, model)
        last_use.settle()
        close_ground(resources)
        resources.transactions.engine.dispose()


def rows(taken: dict[str, list[float]]) -> list[figures.Figure]:
    """The worst hundredth over all, and the slowest of each carrier."""
    everything = sorted(itertools.chain.from_iterable(taken.values()))
    p99 = everything[math.ceil(0.99 * len(everything)) - 1]
    told = ", ".join(f"{name} {max(values):.2f}" for name, values in taken.items())
    detail = f"{len(everything)} revocations; slowest: {told}"
    return [figures.Figure("revoke_p99_s", round(p99, 3), "s", "≤ 5", COMMAND, detail)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--limit", action="store_true", help="try it: write no figure")
    wanted = parser.parse_args(arguments)
    began: Any = now()
    with scene() as here:
        taken = {
            name: [measure(here, carrier, act) for _ in range(wanted.rounds) for act in ACTS]
            for name, carrier in CARRIERS.items()
        }
    found = rows(taken)
    report.print_figures(f"revocations, begun {began:%H:%M}", found)
    if not wanted.limit:
        figures.write("revocation", found)
    return int(any(row.meets_target is not True for row in found))


if __name__ == "__main__":
    sys.exit(main())
