"""The permission matrix: every route, for every kind of caller, with every field that names something.

The routes and their fields are read from the application. A route or a field without an expectation fails.
All that is named belongs to ada, who curates the collection `ledger`; con may add to it, cyd may only read
it, ben may not know of it, oth adds to another one, aud audits, and the administrator is in no group that
reads it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from services import runs
from services.app import create_app
from services.database.session import Transactions, now, open_engine
from services.database.tables.answers import (
    DONE,
    Answer,
    AnswerFeedback,
    AnswerSource,
    Conversation,
)
from services.database.tables.base import new_id
from services.database.tables.evaluations import Evaluation
from services.database.tables.identity import ApiKey
from services.database.tables.library import Document
from services.database.tables.runs import Bulk, Run
from services.database.tables.sources import Source, SourceItem, SourceRun, SourceRunItem
from services.database.tables.webhooks import Webhook
from services.dependencies import next_cursor
from services.identity import last_use
from services.identity.kept_credentials import keep_lastingly
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground
from tests.permission_callers import KINDS, PEOPLE, STRANGERS, Callers, holder, may_come_in
from tests.quality import figures
from tests.route_table import pointers, routes

TEXT, NAME, TITLE = "quokka-in-the-text", "quokka-in-the-name", "quokka-in-the-title"
CANARIES = (TEXT, NAME, TITLE)
QUESTION = f"What does the {TEXT} cost in euros?"
SENTENCE = f"The {TEXT} costs 12 euros."

APP = create_app(Settings())
ROUTES, SCHEMA = routes(APP), APP.openapi()


@dataclass
class Seen:
    """What the matrix has come to, for the figures."""

    cases: set[str] = field(default_factory=set)
    cells: int = 0
    leaks: int = 0

    def write(self) -> None:
        """Only of a whole matrix: a part of it says nothing of the rest."""
        if len(self.cases) < len({one.name for one in CASES}):
            return
        without = len(set(ROUTES) - {(one.method, one.path) for one in CASES})
        command = "pytest tests/integration/services/test_permissions.py"
        rows = [
            figures.Figure("permission_cells", self.cells, "cells", "", command, f"{len(ROUTES)} routes"),
            figures.Figure("routes_without_expectation", without, "routes", "= 0", command),
            figures.Figure("permission_leaks_of_the_matrix", self.leaks, "leaks", "= 0", command),
        ]
        figures.write("permissions", rows)


@dataclass
class World:
    """The company, its client, and makers of what a request may name: anew, since requests change it."""

    company: Company
    client: TestClient
    collection: str
    callers: Callers
    seen: Seen = field(default_factory=Seen)
    ids: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def document(self) -> str:
        """A document of ada's with a job that failed; remembers the ids of all that belongs to it."""
        library = self.company.library
        text = f"{SENTENCE} Copy {self.fresh()}."
        (chunk,) = library.add(self.collection, f"{NAME}-{self.count}.txt", [text])
        document_id = library.document_of(chunk)
        files = library.resources.files
        with library.resources.transactions.write() as session:
            document = session.get_one(Document, document_id)
            document.created_by = self.company.people["ada"]
            version = document.versions[0]
            version.file_digest = files.save_bytes(f"{TEXT} in the file {self.count}".encode())
            run = Run(
                kind="ingest", subject=version.id, state="failed", finished_at=now(), error_code="limit"
            )
            session.add(run)
            session.flush()
            self.ids |= {"chunk": chunk, "job": run.id, "version": version.id}
        return document_id

    def bulk(self) -> str:
        """A bulk of ada's, whose only job failed."""
        self.document()
        with self.company.resources.transactions.write() as session:
            bulk = Bulk(title=TITLE, requested_by=self.company.people["ada"])
            session.add(bulk)
            session.flush()
            session.get_one(Run, self.ids["job"]).bulk_id = bulk.id
            return bulk.id

    def source(self) -> str:
        """A source of the ledger that was synced once; what it took is the document's."""
        document_id = self.document()
        with self.company.resources.transactions.write() as session:
            source = Source(name=f"place-{self.count}", kind="folder", collection_id=self.collection)
            session.add(source)
            session.flush()
            run = Run(kind="sync", subject=source.id, state="done", finished_at=now())
            session.add(run)
            session.flush()
            session.add(SourceRun(run_id=run.id, source_id=source.id, added=1))
            session.flush()
            item = {"key_digest": "a" * 64, "key": NAME, "document_id": document_id}
            session.add(SourceRunItem(run_id=run.id, action="added", **item))
            session.add(SourceItem(source_id=source.id, **item))
            self.ids["source_run"] = run.id
            return source.id

    def removed(self) -> str:
        """A document that ada removed."""
        document_id = self.document()
        self.client.delete(f"/api/v1/documents/{document_id}", headers=self.company.session("ada"))
        return document_id

    def answer(self) -> str:
        self.document()
        with self.company.resources.transactions.write() as session:
            row = Answer(
                asked_by=self.company.people["ada"],
                question=QUESTION,
                policy="strict",
                state=DONE,
                kind="quoted",
                text=SENTENCE,
                sources=[AnswerSource(version_id=self.ids["version"])],
            )
            session.add(row)
            session.flush()
            return row.id

    def conversation(self) -> str:
        with self.company.resources.transactions.write() as session:
            row = Conversation(person_id=self.company.people["ada"], title=TITLE)
            session.add(row)
            session.flush()
            return row.id

    def share(self) -> str:
        """A link to an answer of ada's."""
        body = {"answer_id": self.answer()}
        reply = self.client.post("/api/v1/shares", json=body, headers=self.company.session("ada"))
        return str(reply.json()["id"])

    def batch(self) -> str:
        asked = {"questions": [{"question": QUESTION, "collections": [self.collection]}]}
        reply = self.client.post("/api/v1/answers:batch", json=asked, headers=self.company.session("ada"))
        return str(reply.json()["id"])

    def judged_answer(self) -> str:
        answer_id = self.answer()
        with self.company.resources.transactions.write() as session:
            session.add(AnswerFeedback(answer_id=answer_id, is_good=True, correction=TEXT))
        return answer_id

    def evaluation(self) -> str:
        """An evaluation that ada kept while she administered, on a document of hers."""
        told = evaluation_body(self)
        times = {name: datetime.fromisoformat(told[name]) for name in ("begun_at", "ended_at")}
        told.pop("format")
        row = Evaluation(**told | times | {"kept_by": self.company.people["ada"]})
        with self.company.resources.transactions.write() as session:
            session.add(row)
            session.flush()
            return row.id

    def key(self) -> str:
        """A key of ada's; those before it go, for nobody may have many."""
        with self.company.resources.transactions.write() as session:
            session.query(ApiKey).filter_by(name=TITLE).delete()
        body = {"name": TITLE, "scopes": ["ask"]}
        reply = self.client.post("/api/v1/api-keys", json=body, headers=self.company.session("ada"))
        return str(reply.json()["id"])

    def webhook(self) -> str:
        """Ada's, at an address that names something."""
        made_with = keep_lastingly(self.company.caller("ada"))
        with self.company.resources.transactions.write() as session:
            row = Webhook(
                person_id=self.company.people["ada"],
                made_with=made_with,
                url=f"https://hooks.example.com/{TITLE}",
                kinds=["job.ended"],
                secret="",
            )
            session.add(row)
            session.flush()
            return row.id

    def canaries(self) -> str:
        reply = self.client.post("/api/v1/drift/records", headers=self.company.session("admin"))
        return str(reply.json()["id"])

    def quantization(self) -> str:
        with self.company.resources.transactions.write() as session:
            payload = {"model": "x", "recipe": {"method": "rtn", "bits": 4}, "collection": "", "folder": ""}
            person = self.company.people["admin"]
            return runs.request(session, "quantize", new_id(), requested_by=person, payload=payload).id

    def account(self) -> str:
        body = {"login": f"robot-{self.fresh()}", "purpose": TITLE}
        headers = self.company.session("admin")
        return str(self.client.post("/api/v1/service-accounts", json=body, headers=headers).json()["id"])

    def group(self) -> str:
        return self.company.library.group(f"group {self.fresh()}")

    def person(self) -> str:
        return self.company.person(f"person-{self.fresh()}")


@pytest.fixture(scope="module")
def world(migrated_sqlite, lock, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32, allow_bare_model=True)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    resources.model.pieces = [SENTENCE]
    company = Company(resources)
    collection = company.library.collection("ledger", "readers")
    callers = Callers(company)
    callers.people(collection)
    with TestClient(create_app(settings, resources)) as client:
        world = World(company, client, collection, callers)
        yield world
    world.seen.write()
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


LIKE_ADA = -1
Build = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One request. `scope` is what the route asks of a credential; the statuses are for those who have it.

    `public` and `known` routes ask for nothing and for any credential; `session` for a person who is there;
    where either of two scopes will do, they stand beside a bar.
    """

    method: str
    path: str
    scope: str
    build: Build
    points_at: frozenset[str]
    statuses: dict[str, int]
    shows: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path} {'+'.join(sorted(self.points_at))}".strip()

    def expected(self, kind: str) -> int:
        """The status; who lacks the credential is told 401, who lacks the scope 403, whatever is named."""
        if self.scope == "public":
            return self.statuses["ada"]
        if kind in STRANGERS:
            return 401
        if self.scope.startswith("key:"):  # no session comes in there, and a tool says itself what is missing
            return 401 if kind in PEOPLE else self.statuses["ada"]
        return self.statuses[holder(kind)] if may_come_in(kind, frozenset(self.scope.split("|"))) else 403

    def may_show(self, kind: str) -> bool:
        """Whether a canary may be in the reply."""
        if self.scope.startswith("key:"):
            return kind in (self.scope.replace("key:", "key "), "acting")
        return holder(kind) in self.shows and self.expected(kind) < 300


def case(
    method: str,
    path: str,
    scope: str,
    build: Build = lambda _: {},
    *,
    points_at: str = "",
    ada: int = 200,
    shows: str = "",
    **others: int,
) -> Case:
    """A case where, unless said otherwise, others with the same scope get what ada gets.

    Who may add to the collection (con) gets what a reader (cyd) gets; who has to do with others only (oth,
    aud, a key for elsewhere) what somebody gets who may not know of it (ben); who acts for ada what ada gets.
    """
    cyd, ben = others.get("cyd", ada), others.get("ben", ada)
    usual = {"cyd": cyd, "con": cyd, "ben": ben, "oth": ben, "aud": ben, "elsewhere": ben}
    statuses = {"ada": ada, "acting": ada, "admin": ada} | usual | others
    statuses = {who: ada if status == LIKE_ADA else status for who, status in statuses.items()}
    shown = set(shows.split())
    shown |= ({"con"} if "cyd" in shown else set()) | ({"acting"} if "ada" in shown else set())
    return Case(method, path, scope, build, frozenset(points_at.split()), statuses, frozenset(shown))


def body(**fields: Any) -> Build:
    return lambda world: {"json": {name: at(world) if callable(at) else at for name, at in fields.items()}}


def query(**fields: Any) -> Build:
    return lambda world: {"params": {name: at(world) if callable(at) else at for name, at in fields.items()}}


def path(build: Build = lambda _: {}, **fields: Callable[[World], str]) -> Build:
    return lambda world: build(world) | {"path": {name: at(world) for name, at in fields.items()}}


def having(make: Callable[[World], str]) -> Build:
    """Nothing is named, but there is something that must not be listed for everyone."""

    def build(world: World) -> dict[str, Any]:
        if make.__name__ not in world.ids:
            world.ids[make.__name__] = make(world)
        return {}

    return build


def job_of(world: World) -> str:
    world.document()
    return world.ids["job"]


def waiting_job(world: World) -> str:
    """A job that has not begun."""
    return changed_job(world, state="waiting")


def paused_job(world: World) -> str:
    return changed_job(world, state="waiting", paused=True)


def changed_job(world: World, **values: Any) -> str:
    world.document()
    with world.company.resources.transactions.write() as session:
        run = session.get_one(Run, world.ids["job"])
        run.finished_at = None
        for name, value in values.items():
            setattr(run, name, value)
    return world.ids["job"]


def source_run(world: World) -> str:
    """A run of another source."""
    world.source()
    return world.ids["source_run"]


def newest_run(world: World) -> str:
    """The run of the source that was made last."""
    return world.ids["source_run"]


def chunk_of(world: World) -> str:
    world.document()
    return world.ids["chunk"]


def cursor_of(make: Callable[[World], str]) -> Callable[[World], str | None]:
    return lambda world: next_cursor(make(world))


def ledger(world: World) -> str:
    return world.collection


def ledgers(world: World) -> list[str]:
    return [world.collection]


def groups(world: World) -> list[str]:
    return [world.group()]


def clerks(world: World) -> list[str]:
    return [clerk_group(world)]


def clerk_group(world: World) -> str:
    """The group of those who curate the ledger."""
    return world.company.library.group("clerks")


def persons(world: World) -> list[str]:
    return [world.person()]


def upload(**fields: Any) -> Build:
    def build(world: World) -> dict[str, Any]:
        given = {name: at(world) if callable(at) else at for name, at in fields.items()}
        return {"data": given, "files": {"file": (f"new-{world.fresh()}.txt", b"plain text")}}

    return build


def chat(model: str) -> Build:
    return body(model=model, messages=[{"role": "user", "content": QUESTION}])


def stream_chat(model: str) -> Build:
    return body(model=model, messages=[{"role": "user", "content": QUESTION}], stream=True)


def tool(name: str) -> Build:
    """An MCP call; it names the collection, which only the caller's own key may find."""

    def build(world: World) -> dict[str, Any]:
        arguments = {"question": QUESTION, "collections": [world.collection]}
        call = {"name": name, "arguments": arguments}
        return {
            "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
            "headers": {"Accept": "application/json, text/event-stream"},
        }

    return build


def evaluation_body(world: World) -> dict[str, Any]:
    """One question about a document of ada's, as `holdfast eval run` writes it down."""
    place = {"document_id": world.document(), "document": NAME, "page": None}
    asked = {
        "id": "q1", "question": QUESTION, "asked_as": "ada", "answerable": True, "right": [TEXT],
        "document": NAME, "pages": [], "answer_id": "", "kind": "quoted", "text": SENTENCE,
        "citations": [place | {"quote": SENTENCE}], "found": [], "sources": [place["document_id"]],
        "faults": [TEXT], "scores": {"failed": 0.0},
    }  # fmt: skip
    moment = "2026-01-02T03:04:05Z"
    return {
        "format": "holdfast-evaluation-1", "label": "", "set_name": "set", "set_digest": "a" * 64,
        "release_ids": [], "manner": {}, "begun_at": moment, "ended_at": moment, "totals": {},
        "asked": [asked],
    }  # fmt: skip


READERS = "ada cyd"
GRANTS = (
    "reader_group_ids contributor_group_ids curator_group_ids "
    "reader_person_ids contributor_person_ids curator_person_ids"
)
HIDDEN = {"ben": 404, "admin": 404, "shows": READERS}
TO_CURATORS = {"con": 403, "cyd": 403, "ben": 404, "admin": 404, "shows": "ada"}
MINE = {"cyd": 404, "ben": 404, "admin": 404, "elsewhere": LIKE_ADA, "shows": "ada elsewhere"}
OWN = {"cyd": 404, "ben": 404, "admin": 404, "shows": "ada"}
GONE = {"ada": 204, "cyd": 404, "ben": 404, "admin": 404}
TO_CONTRIBUTORS = {"con": LIKE_ADA, "cyd": 403, "ben": 404, "admin": 404, "shows": "ada con"}
ADMINS = {"shows": "admin"}
FILLED = {"cyd": 404, "ben": 404}
MISSING = "0" * 32
STREAM = {"Accept": "text/event-stream"}

CASES = [
    case("GET", "/live", "public"),
    case("GET", "/ready", "public"),
    case("GET", "/openapi.json", "public"),
    case("POST", "/mcp", "key:search", tool("search")),
    case("POST", "/mcp", "key:ask", tool("ask")),
    case("GET", "/{path:page}", "public", path(path=lambda _: "api/v1/nothing"), ada=404),
    # Who asks. 400 is what somebody gets who may come in and whose request is found wanting after that.
    case("POST", "/api/v1/session", "public", body(login="ada"), ada=400),
    case("GET", "/api/v1/session", "known"),
    case("GET", "/api/v1/limits", "known"),
    case("DELETE", "/api/v1/session", "session", ada=204),
    case("PUT", "/api/v1/session/password", "session", body(new_password="short"), ada=400),
    case("GET", "/api/v1/session/ways", "public"),
    case("GET", "/api/v1/session/whoami", "known"),
    case("GET", "/api/v1/session/oidc", "public", ada=404),  # no provider is named here
    case("GET", "/api/v1/session/oidc/callback", "public", ada=404),
    case("POST", "/api/v1/session/oidc/logout", "session"),
    case("POST", "/api/v1/session/oidc/back-channel-logout", "public", ada=400),
    case("GET", "/api/v1/api-keys", "session", having(World.key), shows="ada"),
    case("POST", "/api/v1/api-keys", "session", body(name="mine", scopes=["ask"]), ada=201),
    case("DELETE", "/api/v1/api-keys/{key_id}", "session", path(key_id=World.key), points_at="key_id",
         ada=204, cyd=404, ben=404, admin=204),
    case("POST", "/api/v1/api-keys", "session", body(name="mine", scopes=["ask"], collection_ids=ledgers),
         points_at="collection_ids", ada=201, ben=404, admin=201),
    case("POST", "/api/v1/api-keys/{key_id}/rotation", "session",
         path(body(overlap_hours=0), key_id=World.key),
         points_at="key_id", ada=201, cyd=404, ben=404, admin=404, shows="ada"),
    case("GET", "/api/v1/service-accounts", "admin", having(World.account), **ADMINS),
    case("GET", "/api/v1/service-accounts", "admin", query(cursor=cursor_of(lambda _: "a")),
         points_at="cursor", **ADMINS),
    case("POST", "/api/v1/service-accounts", "admin", body(login="x y", group_ids=groups),
         points_at="group_ids", ada=400),
    case("PATCH", "/api/v1/service-accounts/{account_id}", "admin",
         path(body(purpose="x"), account_id=World.account), points_at="account_id"),
    case("GET", "/api/v1/service-accounts/{account_id}/api-keys", "admin", path(account_id=World.account),
         points_at="account_id"),
    case("POST", "/api/v1/service-accounts/{account_id}/api-keys", "admin",
         path(body(name="app", scopes=["ask"], collection_ids=ledgers), account_id=World.account),
         points_at="account_id collection_ids", ada=201),
    case("GET", "/api/v1/groups/{group_id}/view", "documents:read", path(group_id=clerk_group),
         points_at="group_id", con=404, cyd=404, ben=404),
    case("GET", "/api/v1/groups/{group_id}/view", "documents:read", path(group_id=World.group),
         points_at="group_id", ada=404, admin=200),
    case("GET", "/api/v1/groups/{group_id}/view/documents", "documents:read",
         path(query(collection_id=ledger), group_id=clerk_group),
         points_at="group_id collection_id", con=404, cyd=404, ben=404, shows="ada"),
    case("GET", "/api/v1/groups/{group_id}/view/documents", "documents:read",
         path(query(cursor=cursor_of(World.document)), group_id=clerk_group),
         points_at="group_id cursor", con=404, cyd=404, ben=404, shows="ada"),
    case("GET", "/api/v1/people", "admin"),
    case("GET", "/api/v1/people", "admin", query(cursor=cursor_of(lambda _: "ada")), points_at="cursor"),
    case("POST", "/api/v1/people", "admin", body(login="x y", password="p" * 12, group_ids=groups),
         points_at="group_ids", ada=400),
    case("PATCH", "/api/v1/people/{person_id}", "admin",
         path(body(group_ids=groups), person_id=World.person), points_at="person_id group_ids"),
    case("GET", "/api/v1/groups", "admin"),
    case("GET", "/api/v1/groups", "admin", query(cursor=cursor_of(lambda _: "a")), points_at="cursor"),
    case("POST", "/api/v1/groups", "admin", lambda w: {"json": {"name": f"new {w.fresh()}"}}, ada=201),
    case("PUT", "/api/v1/groups/{group_id}/members", "admin",
         path(body(person_ids=lambda world: [world.person()]), group_id=World.group),
         points_at="group_id person_ids"),
    case("DELETE", "/api/v1/groups/{group_id}", "admin", path(group_id=World.group), points_at="group_id",
         ada=204),
    # The library.
    case("GET", "/api/v1/collections", "documents:read", shows="ada cyd admin"),
    case("GET", "/api/v1/collections", "documents:read", query(cursor=cursor_of(ledger)),
         points_at="cursor", shows="ada cyd admin"),
    case("POST", "/api/v1/collections", "admin",
         body(name="ledger", reader_group_ids=groups, contributor_group_ids=clerks, curator_group_ids=groups,
              reader_person_ids=persons, contributor_person_ids=persons, curator_person_ids=persons),
         points_at=GRANTS, ada=409),
    case("PATCH", "/api/v1/collections/{collection_id}", "admin",
         path(body(title=TITLE), collection_id=ledger), points_at="collection_id", **ADMINS),
    case("PATCH", "/api/v1/collections/{collection_id}", "admin",
         path(body(reader_group_ids=lambda _: [MISSING], contributor_group_ids=clerks), collection_id=ledger),
         points_at="collection_id reader_group_ids contributor_group_ids", ada=400),
    case("PATCH", "/api/v1/collections/{collection_id}", "admin",
         path(body(curator_group_ids=lambda _: [MISSING], reader_person_ids=persons), collection_id=ledger),
         points_at="collection_id curator_group_ids reader_person_ids", ada=400),
    case("PATCH", "/api/v1/collections/{collection_id}", "admin",
         path(body(contributor_person_ids=lambda _: [MISSING], curator_person_ids=persons),
              collection_id=ledger),
         points_at="collection_id contributor_person_ids curator_person_ids", ada=400),
    case("GET", "/api/v1/documents", "documents:read", shows=READERS),
    case("GET", "/api/v1/documents", "documents:read", query(collection=ledger), points_at="collection",
         **HIDDEN),
    case("GET", "/api/v1/documents", "documents:read", query(collection="ledger"), points_at="collection",
         **HIDDEN),
    case("GET", "/api/v1/documents", "documents:read", query(cursor=cursor_of(World.document)),
         points_at="cursor", shows=READERS),
    case("POST", "/api/v1/documents", "documents:write", upload(collection=ledger),
         points_at="collection", ada=202, **TO_CONTRIBUTORS),
    case("POST", "/api/v1/documents", "documents:write", upload(collection="ledger", reader_group_ids=clerks),
         points_at="collection reader_group_ids", ada=202, **TO_CONTRIBUTORS | {"con": 400}),
    case("POST", "/api/v1/documents", "documents:write", upload(collection=ledger, reader_group_ids=groups),
         points_at="collection reader_group_ids", ada=400, **TO_CONTRIBUTORS),
    case("GET", "/api/v1/documents/{document_id}", "documents:read", path(document_id=World.document),
         points_at="document_id", **HIDDEN),
    case("DELETE", "/api/v1/documents/{document_id}", "documents:write", path(document_id=World.document),
         points_at="document_id", ada=204, **TO_CONTRIBUTORS),
    case("PATCH", "/api/v1/documents/{document_id}", "documents:write",
         path(body(valid_until="2026-12-31"), document_id=World.document), points_at="document_id",
         **TO_CONTRIBUTORS),
    case("PUT", "/api/v1/documents/{document_id}/readers", "documents:write",
         path(body(group_ids=clerks), document_id=World.document), points_at="document_id group_ids",
         **TO_CURATORS),
    case("PUT", "/api/v1/documents/{document_id}/readers", "documents:write",
         path(body(group_ids=groups), document_id=World.document), points_at="document_id group_ids",
         ada=400, cyd=403, ben=404, admin=404),
    case("GET", "/api/v1/documents/{document_id}/text", "documents:read", path(document_id=World.document),
         points_at="document_id", **HIDDEN),
    case("GET", "/api/v1/documents/{document_id}/file", "documents:read", path(document_id=World.document),
         points_at="document_id", **HIDDEN),
    case("POST", "/api/v1/documents", "documents:write", upload(collection=ledger, bulk_id=World.bulk),
         points_at="collection bulk_id", ada=202, **TO_CONTRIBUTORS | {"con": 404}),
    case("POST", "/api/v1/documents", "documents:write", upload(collection=ledger, bulk_id=lambda _: MISSING),
         points_at="collection bulk_id", ada=404, **TO_CONTRIBUTORS),
    case("GET", "/api/v1/documents/{document_id}/versions", "documents:read",
         path(document_id=World.document), points_at="document_id", **HIDDEN),
    case("GET", "/api/v1/documents/{document_id}/versions/diff", "documents:read",
         path(query(**{"from": 1, "to": 1}), document_id=World.document), points_at="document_id", **HIDDEN),
    case("GET", "/api/v1/documents/{document_id}/versions/{number}/text", "documents:read",
         path(document_id=World.document, number=lambda _: "1"), points_at="document_id number", **HIDDEN),
    case("GET", "/api/v1/documents/{document_id}/versions/{number}/file", "documents:read",
         path(document_id=World.document, number=lambda _: "1"), points_at="document_id number", **HIDDEN),
    case("GET", "/api/v1/jobs", "documents:read", shows=READERS),
    case("GET", "/api/v1/jobs", "documents:read", query(cursor=cursor_of(job_of)), points_at="cursor",
         ben=400, admin=400, shows=READERS),
    case("GET", "/api/v1/jobs/{job_id}", "documents:read", path(job_id=job_of), points_at="job_id", **HIDDEN),
    case("GET", "/api/v1/jobs/{job_id}/events", "documents:read", path(job_id=job_of), points_at="job_id",
         **HIDDEN),
    case("POST", "/api/v1/jobs/{job_id}/retry", "documents:write", path(job_id=job_of), points_at="job_id",
         ada=202, **TO_CONTRIBUTORS),
    case("GET", "/api/v1/documents/{document_id}/receipt", "documents:read",
         path(document_id=World.removed), points_at="document_id", cyd=404, ben=404, acting=404),
    case("GET", "/api/v1/jobs", "documents:read", query(bulk_id=World.bulk), points_at="bulk_id", **MINE),
    case("POST", "/api/v1/jobs/{job_id}/pause", "documents:write", path(job_id=waiting_job),
         points_at="job_id", **TO_CONTRIBUTORS),
    case("POST", "/api/v1/jobs/{job_id}/resume", "documents:write", path(job_id=paused_job),
         points_at="job_id", **TO_CONTRIBUTORS),
    case("POST", "/api/v1/jobs/{job_id}/cancel", "documents:write", path(job_id=waiting_job),
         points_at="job_id", **TO_CONTRIBUTORS),
    case("POST", "/api/v1/jobs/{job_id}/priority", "documents:write",
         path(body(priority=1), job_id=waiting_job), points_at="job_id", **TO_CURATORS),
    case("POST", "/api/v1/bulks/{bulk_id}/priority", "documents:write",
         path(body(priority=1), bulk_id=World.bulk), points_at="bulk_id", **OWN | {"elsewhere": 403}),
    case("GET", "/api/v1/queue", "documents:read", having(waiting_job)),
    case("POST", "/api/v1/bulks", "documents:write", body(title="mine"), ada=201),
    case("GET", "/api/v1/bulks", "documents:read", having(World.bulk), shows="ada elsewhere"),
    case("GET", "/api/v1/bulks", "documents:read", query(cursor=cursor_of(World.bulk)), points_at="cursor",
         cyd=400, ben=400, admin=400, elsewhere=LIKE_ADA, shows="ada elsewhere"),
    case("GET", "/api/v1/bulks/{bulk_id}", "documents:read", path(bulk_id=World.bulk), points_at="bulk_id",
         **MINE),
    case("POST", "/api/v1/bulks/{bulk_id}/pause", "documents:write", path(bulk_id=World.bulk),
         points_at="bulk_id", **MINE),
    case("POST", "/api/v1/bulks/{bulk_id}/resume", "documents:write", path(bulk_id=World.bulk),
         points_at="bulk_id", **MINE),
    case("POST", "/api/v1/bulks/{bulk_id}/cancel", "documents:write", path(bulk_id=World.bulk),
         points_at="bulk_id", **MINE),
    case("POST", "/api/v1/bulks/{bulk_id}/retry", "documents:write", path(bulk_id=World.bulk),
         points_at="bulk_id", ada=202, **MINE),
    # Sources. Administrators make them; what they hold is for those who may add to the collection.
    case("GET", "/api/v1/sources", "documents:read", having(World.source)),
    case("GET", "/api/v1/sources", "documents:read", query(cursor=cursor_of(lambda _: "a")),
         points_at="cursor"),
    case("POST", "/api/v1/sources", "admin",
         body(name=lambda world: f"new-{world.fresh()}", kind="folder", collection=ledger),
         points_at="collection", ada=201),
    case("POST", "/api/v1/sources", "admin", body(name="new", kind="folder", collection=lambda _: MISSING),
         points_at="collection", ada=404),
    case("GET", "/api/v1/sources/{source_id}", "documents:read", path(source_id=World.source),
         points_at="source_id", **FILLED),
    case("PATCH", "/api/v1/sources/{source_id}", "admin", path(body(every_s=60), source_id=World.source),
         points_at="source_id"),
    case("PATCH", "/api/v1/sources/{source_id}", "admin",
         path(body(readers=[{"prefix": "", "group_ids": [MISSING]}]), source_id=World.source),
         points_at="source_id", ada=400),
    case("DELETE", "/api/v1/sources/{source_id}", "admin", path(source_id=World.source),
         points_at="source_id", ada=204),
    case("POST", "/api/v1/sources/{source_id}/test", "documents:write", path(source_id=World.source),
         points_at="source_id", ada=202, **FILLED),
    case("POST", "/api/v1/sources/{source_id}/sync", "documents:write",
         path(body(dry=True), source_id=World.source), points_at="source_id", ada=202, **FILLED),
    case("POST", "/api/v1/sources/{source_id}/cancel", "documents:write", path(source_id=World.source),
         points_at="source_id", ada=204, **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs", "documents:read", path(source_id=World.source),
         points_at="source_id", **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs", "documents:read",
         path(query(cursor=cursor_of(source_run)), source_id=World.source),
         points_at="source_id cursor", ada=400, admin=400, **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs/{run_id}", "documents:read",
         path(source_id=World.source, run_id=newest_run), points_at="source_id run_id", **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs/{run_id}", "documents:read",
         path(source_id=World.source, run_id=job_of), points_at="source_id run_id", ada=404, **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs/{run_id}/items", "documents:read",
         path(source_id=World.source, run_id=newest_run), points_at="source_id run_id", admin=403,
         shows="ada", **FILLED),
    case("GET", "/api/v1/sources/{source_id}/runs/{run_id}/items", "documents:read",
         path(query(cursor=cursor_of(lambda _: "x")), source_id=World.source, run_id=newest_run),
         points_at="source_id run_id cursor", ada=400, admin=403, **FILLED),
    case("GET", "/api/v1/sources/{source_id}/items", "documents:read", path(source_id=World.source),
         points_at="source_id", admin=403, shows="ada", **FILLED),
    case("GET", "/api/v1/sources/{source_id}/items", "documents:read",
         path(query(cursor=cursor_of(lambda _: "x")), source_id=World.source),
         points_at="source_id cursor", ada=400, admin=403, **FILLED),
    # The report is for those who fill a collection; it covers what its reader may read.
    case("GET", "/api/v1/corpus/report", "documents:read", having(World.document), cyd=403, ben=403,
         shows="ada"),
    case("GET", "/api/v1/corpus/report", "documents:read", query(collection=ledger, format="html"),
         points_at="collection", cyd=403, ben=403, admin=404, shows="ada"),
    # Questions. Who may read nothing of it gets an honest nothing.
    case("POST", "/api/v1/search", "search", body(question="price in euros"), shows=READERS),
    case("POST", "/api/v1/search", "search", body(question="price in euros", collections=ledgers),
         points_at="collections", **HIDDEN),
    case("POST", "/api/v1/search", "search",
         body(question="price in euros", filters=lambda w: {"document_ids": [w.document()]}), **HIDDEN),
    case("GET", "/api/v1/passages/{chunk_id}", "search", path(chunk_id=chunk_of), points_at="chunk_id",
         **HIDDEN),
    case("POST", "/api/v1/search/explain", "documents:write",
         body(question="price in euros", document_id=World.document), points_at="document_id",
         cyd=403, ben=404),
    case("POST", "/api/v1/search/explain", "documents:write",
         body(question="price in euros", document_id=World.document, person_id=World.person),
         points_at="document_id person_id", ada=404, cyd=403, ben=404, admin=200),
    case("POST", "/api/v1/search/explain", "documents:write",
         body(question="price in euros", document_id=World.document, collections=ledgers),
         points_at="document_id collections", cyd=403, ben=404, admin=404),
    case("GET", "/api/v1/index", "admin"),
    case("POST", "/api/v1/index/rebuild", "admin", ada=409),
    case("POST", "/api/v1/index/switch", "admin", body(generation=MISSING), ada=404),
    case("DELETE", "/api/v1/index/generations/{generation}", "admin", path(generation=lambda _: MISSING),
         points_at="generation", ada=404),
    case("POST", "/api/v1/answers", "ask", body(question="What does it cost in euros?"), shows=READERS),
    case("POST", "/api/v1/answers", "ask", body(question="What does it cost?", collections=["ledger"]),
         points_at="collections", **HIDDEN),
    case("POST", "/api/v1/answers", "ask",
         lambda world: body(question="What does it cost?", collections=ledgers)(world) | {"headers": STREAM},
         points_at="collections", **HIDDEN),
    case("GET", "/api/v1/answers", "ask", having(World.answer), shows="ada cyd elsewhere"),
    case("GET", "/api/v1/answers", "ask", query(cursor=cursor_of(World.answer)), points_at="cursor",
         cyd=400, ben=400, admin=400, elsewhere=LIKE_ADA, shows="ada elsewhere"),
    case("GET", "/api/v1/answers/{answer_id}", "ask", path(answer_id=World.answer), points_at="answer_id",
         **OWN),
    case("POST", "/api/v1/answers", "ask",
         body(question="What does it cost in euros?", conversation_id=World.conversation),
         points_at="conversation_id", **MINE),
    case("POST", "/api/v1/answers/{answer_id}/replay", "ask", path(answer_id=World.answer),
         points_at="answer_id", **OWN),
    case("PUT", "/api/v1/answers/{answer_id}/feedback", "ask",
         path(body(is_good=True), answer_id=World.answer), points_at="answer_id", **GONE),
    case("DELETE", "/api/v1/answers/{answer_id}/feedback", "ask", path(answer_id=World.judged_answer),
         points_at="answer_id", **GONE),
    case("GET", "/api/v1/feedback", "ask", having(World.judged_answer), shows="ada"),
    case("GET", "/api/v1/feedback", "ask", query(cursor=cursor_of(World.answer)), points_at="cursor",
         shows="ada"),
    # A batch is its asker's alone; who is not there when it is answered gets nothing.
    case("POST", "/api/v1/answers:batch", "ask",
         body(questions=lambda world: [{"question": "How much?", "collections": [world.collection]}]),
         ada=202, ben=404, admin=404),
    case("GET", "/api/v1/answer-batches", "ask", having(World.batch)),
    case("GET", "/api/v1/answer-batches", "ask", query(cursor=cursor_of(World.batch)), points_at="cursor",
         cyd=400, ben=400, admin=400, elsewhere=LIKE_ADA),
    case("GET", "/api/v1/answer-batches/{batch_id}", "ask", path(batch_id=World.batch), points_at="batch_id",
         **MINE),
    case("GET", "/api/v1/answer-batches/{batch_id}/answers", "ask", path(batch_id=World.batch),
         points_at="batch_id", **MINE),
    case("DELETE", "/api/v1/answer-batches/{batch_id}", "ask", path(batch_id=World.batch),
         points_at="batch_id", **GONE, elsewhere=204),
    # A webhook is its owner's alone; no host is named here, so none can be made.
    case("POST", "/api/v1/webhooks", "webhooks", body(url="https://hooks.example.com/", kinds=["job.ended"]),
         ada=400),
    case("GET", "/api/v1/webhooks", "webhooks", having(World.webhook), shows="ada elsewhere"),
    case("GET", "/api/v1/webhooks", "webhooks", query(cursor=cursor_of(World.webhook)), points_at="cursor",
         cyd=400, ben=400, admin=400, elsewhere=LIKE_ADA, shows="ada elsewhere"),
    case("GET", "/api/v1/webhooks/{webhook_id}", "webhooks", path(webhook_id=World.webhook),
         points_at="webhook_id", **MINE),
    case("DELETE", "/api/v1/webhooks/{webhook_id}", "webhooks", path(webhook_id=World.webhook),
         points_at="webhook_id", **GONE, elsewhere=204),
    case("POST", "/api/v1/webhooks/{webhook_id}/rotate", "webhooks", path(webhook_id=World.webhook),
         points_at="webhook_id", **MINE),
    case("POST", "/api/v1/webhooks/{webhook_id}/test", "webhooks", path(webhook_id=World.webhook),
         points_at="webhook_id", ada=202, **MINE),
    case("GET", "/api/v1/webhooks/{webhook_id}/deliveries", "webhooks", path(webhook_id=World.webhook),
         points_at="webhook_id", **MINE),
    case("GET", "/api/v1/webhooks/{webhook_id}/deliveries", "webhooks",
         path(query(cursor=cursor_of(lambda _: MISSING)), webhook_id=World.webhook),
         points_at="webhook_id cursor", ada=400, **MINE),
    # A conversation is its owner's alone, whatever its answers rest on.
    case("POST", "/api/v1/conversations", "ask", body(title="Costs"), ada=201),
    case("GET", "/api/v1/conversations", "ask", having(World.conversation), shows="ada elsewhere"),
    case("GET", "/api/v1/conversations", "ask", query(cursor=cursor_of(World.conversation)),
         points_at="cursor", cyd=400, ben=400, admin=400, elsewhere=LIKE_ADA, shows="ada elsewhere"),
    case("GET", "/api/v1/conversations", "ask", query(q=TITLE), shows="ada elsewhere"),
    case("GET", "/api/v1/conversations", "ask", query(collection=ledger), points_at="collection", ben=404,
         admin=404, shows="ada elsewhere"),
    case("GET", "/api/v1/conversations/{conversation_id}", "ask",
         path(conversation_id=World.conversation), points_at="conversation_id", **MINE),
    case("GET", "/api/v1/conversations/{conversation_id}/answers", "ask",
         path(conversation_id=World.conversation), points_at="conversation_id", **MINE),
    case("PATCH", "/api/v1/conversations/{conversation_id}", "ask",
         path(body(title="Costs"), conversation_id=World.conversation), points_at="conversation_id", **MINE),
    case("DELETE", "/api/v1/conversations/{conversation_id}", "ask",
         path(conversation_id=World.conversation), points_at="conversation_id", **GONE, elsewhere=204),
    case("GET", "/api/v1/answers/{answer_id}/whom-to-ask", "ask", path(answer_id=World.answer),
         points_at="answer_id", **OWN),
    # A share is ended by who made it, and read by whoever may read all that the answer rests on.
    case("POST", "/api/v1/shares", "ask", body(answer_id=World.answer), points_at="answer_id", ada=201,
         cyd=404, ben=404, admin=404),
    case("POST", "/api/v1/shares", "ask", body(conversation_id=World.conversation),
         points_at="conversation_id", ada=201, cyd=404, ben=404, admin=404, elsewhere=201),
    case("GET", "/api/v1/shares", "ask", having(World.share)),
    case("GET", "/api/v1/shares", "ask", query(cursor=cursor_of(World.share)), points_at="cursor",
         cyd=400, ben=400, admin=400),
    case("GET", "/api/v1/shares/{share_id}", "ask", path(share_id=World.share), points_at="share_id",
         **HIDDEN),
    case("DELETE", "/api/v1/shares/{share_id}", "ask", path(share_id=World.share), points_at="share_id",
         **GONE),
    case("GET", "/api/v1/release", "known"),
    # The trail is for administrators, and names no text.
    case("GET", "/api/v1/audit", "audit|admin", having(World.answer)),
    case("GET", "/api/v1/audit/verification", "audit|admin", query(head="0:" + "0" * 64)),
    case("GET", "/api/v1/audit", "audit|admin", query(person_id=World.person), points_at="person_id"),
    case("GET", "/api/v1/audit", "audit|admin", query(cursor=cursor_of(lambda _: "5")), points_at="cursor"),
    case("GET", "/api/v1/audit", "audit|admin", query(cursor=cursor_of(World.answer)), points_at="cursor",
         ada=400),
    # The model room is for administrators; the test's lock names a tokenizer only, so nothing can be planned.
    case("GET", "/api/v1/engine/cards", "admin"),
    case("GET", "/api/v1/engine/models", "admin"),
    case("GET", "/api/v1/engine/plan", "admin", ada=404),
    case("POST", "/api/v1/engine/plans", "admin", body(model=MISSING), points_at="model", ada=404),
    # No model lies in the test's folder, and no collection is looked at before there is one.
    case("POST", "/api/v1/engine/quantizations", "admin", body(model=MISSING, collection="ledger"),
         points_at="model collection", ada=404),
    case("GET", "/api/v1/engine/quantizations", "admin", having(World.quantization)),
    case("GET", "/api/v1/engine/quantizations", "admin", query(cursor=cursor_of(lambda _: MISSING)),
         points_at="cursor", ada=400),
    case("GET", "/api/v1/engine/quantizations/{run_id}", "admin", path(run_id=World.quantization),
         points_at="run_id"),
    case("GET", "/api/v1/engine/quantizations/{run_id}", "admin", path(run_id=job_of), points_at="run_id",
         ada=404),
    case("POST", "/api/v1/engine/quantizations/{run_id}/cancel", "admin", path(run_id=World.quantization),
         points_at="run_id"),
    case("GET", "/api/v1/engine/reports", "admin"),
    case("GET", "/api/v1/engine/reports/{model}", "admin", path(model=lambda _: MISSING), points_at="model",
         ada=404),
    case("GET", "/api/v1/engine/reports/{model}/page", "admin", path(model=lambda _: MISSING),
         points_at="model", ada=404),
    case("GET", "/api/v1/drift/state", "admin"),
    case("POST", "/api/v1/drift/records", "admin", ada=201),
    case("POST", "/api/v1/drift/checks", "admin", having(World.canaries), ada=201),
    case("GET", "/api/v1/drift/checks", "admin"),
    case("GET", "/api/v1/drift/checks", "admin", query(cursor=cursor_of(lambda _: MISSING)),
         points_at="cursor", ada=400),
    case("POST", "/api/v1/engine/costs", "admin", body(answers_per_month=1, prompt_tokens=1, answer_tokens=1,
         card_per_hour=1, tokens_per_s=1, api_per_million_in=1, api_per_million_out=1)),
    # Administrators see every evaluation's numbers; its texts go by their sources.
    case("POST", "/api/v1/evaluations", "admin", lambda world: {"json": evaluation_body(world)},
         points_at="release_ids", ada=201),
    case("GET", "/api/v1/evaluations", "admin", having(World.evaluation)),
    case("GET", "/api/v1/evaluations", "admin", query(cursor=cursor_of(World.evaluation)),
         points_at="cursor"),
    case("GET", "/api/v1/evaluations/{evaluation_id}", "admin", path(evaluation_id=World.evaluation),
         points_at="evaluation_id"),
    case("GET", "/api/v1/evaluations/{evaluation_id}", "admin", path(evaluation_id=lambda _: MISSING),
         points_at="evaluation_id", ada=404),
    case("DELETE", "/api/v1/evaluations/{evaluation_id}", "admin", path(evaluation_id=World.evaluation),
         points_at="evaluation_id", ada=204),
    case("GET", "/api/v1/evaluations/{evaluation_id}/comparison", "admin",
         path(lambda world: {"params": {"with_id": world.evaluation()}}, evaluation_id=World.evaluation),
         points_at="evaluation_id with_id"),
    case("GET", "/api/v1/evaluations/{evaluation_id}/comparison", "admin",
         path(query(with_id=lambda _: MISSING), evaluation_id=World.evaluation),
         points_at="evaluation_id with_id", ada=404),
    # The bare model by hand: administrators who are there; a key needs two scopes, and these have one each.
    case("GET", "/api/v1/playground", "admin"),
    case("POST", "/api/v1/playground", "session", body(mode="complete", prompt="Once", stream=False),
         ada=403, admin=200, shows="admin"),  # the scripted model speaks of nothing else
    # What administrators look at has no texts of documents; gaps are for curators, too.
    case("GET", "/api/v1/activity", "admin", having(World.answer)),
    case("GET", "/api/v1/settings", "admin"),
    case("GET", "/api/v1/release/lock", "admin"),
    case("GET", "/api/v1/engine/reports", "admin"),
    case("GET", "/api/v1/engine/reports/{model}", "admin", path(model=lambda _: MISSING), points_at="model",
         ada=404),
    case("GET", "/api/v1/gaps", "documents:read", having(World.answer), cyd=403, ben=403),
    case("GET", "/v1/models", "known"),
    case("POST", "/v1/embeddings", "search", body(model="all-MiniLM-L6-v2", input="price"),
         points_at="model"),
    case("POST", "/v1/embeddings", "search", body(model=MISSING, input="price"), points_at="model", ada=404),
    case("POST", "/v1/chat/completions", "ask", chat("holdfast/ledger"), points_at="model", **HIDDEN),
    case("POST", "/v1/chat/completions", "ask", stream_chat("holdfast/ledger"), points_at="model", **HIDDEN),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_every_route_and_every_field_that_names_something_has_an_expectation(method, path):
    cases = [one for one in CASES if (one.method, one.path) == (method, path)]
    assert cases, f"say in CASES who may call {method} {path}"
    covered = {name for one in cases for name in one.points_at}
    assert pointers(SCHEMA, method, path) - covered == set()


def test_every_expectation_has_a_route():
    assert {(one.method, one.path) for one in CASES} - set(ROUTES) == set()


def send(world: World, one: Case, kind: str, built: dict[str, Any] | None = None) -> httpx2.Response:
    given = dict(built or one.build(world))
    address = one.path.replace(":page}", "}").format(**given.pop("path", {}))
    headers = world.callers.headers(kind) | given.pop("headers", {})
    return world.client.request(one.method, address, headers=headers, **given)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_caller_gets_what_is_theirs_and_no_byte_more(world: World, one: Case):
    world.seen.cases.add(one.name)
    built = one.build(world)
    for kind in KINDS:
        reply = send(world, one, kind, built)
        if one.expected(kind) not in (401, 403):  # who was refused has changed nothing: the next finds it
            built = one.build(world)
        assert (kind, reply.status_code) == (kind, one.expected(kind)), reply.text
        seen = [canary for canary in CANARIES if canary.encode() in on_the_wire(reply)]
        world.seen.leaks += bool(seen) and not one.may_show(kind)
        world.seen.cells += 1
        assert one.may_show(kind) or not seen, f"{kind} was shown {seen}: {reply.text}"


def on_the_wire(reply: httpx2.Response) -> bytes:
    return b"\r\n".join(name + b": " + value for name, value in reply.headers.raw) + reply.content


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (one, kind)
        for one in CASES
        for kind in ("ben", "admin")
        if one.scope != "public" and one.expected(kind) == 404 and "{" in one.path
    ],
    ids=lambda value: value.name if isinstance(value, Case) else value,
)
def test_hidden_and_missing_look_the_same(world: World, one: Case, kind: str):
    hidden = send(world, one, kind)
    missing = one.build(world)
    names = missing.pop("path", {})
    address = one.path.replace(":page}", "}").format(**dict.fromkeys(names, MISSING))
    headers = world.callers.headers(kind) | missing.pop("headers", {})
    reply = world.client.request(one.method, address, headers=headers, **missing)
    assert (hidden.status_code, hidden.content) == (reply.status_code, reply.content)
