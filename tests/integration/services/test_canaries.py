"""What one may not read any more is found by no door: after a revocation, a narrowing, a deletion."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.session import Transactions, open_engine
from services.database.tables.library import CollectionGrant, Document
from services.documents import scopes
from services.identity import last_use
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

CANARY = "quokka"
SECRET = "The quokka costs 12 euros and lives in the garden."
PLAIN = "The garden has 12 benches."
QUESTION = "How many euros does the quokka cost?"
STREAM = {"Accept": "text/event-stream"}


class Doors:
    """Everything a reader may ask for; each returns all bytes of its reply."""

    def __init__(self, client: TestClient, company: Company, chunk: str) -> None:
        self.client, self.company, self.chunk = client, company, chunk
        self.document = company.library.document_of(chunk)
        self.answer_id = ""
        resources = company.resources
        with resources.transactions.write() as session:
            document = session.get_one(Document, self.document)
            document.versions[0].file_digest = resources.files.save_bytes(SECRET.encode())
            self.collection = document.collection_id
            keepers = company.library.group("keepers")
            session.add(CollectionGrant(collection_id=self.collection, group_id=keepers, access="curate"))

    def all(self, login: str) -> dict[str, bytes]:
        """Every door's bytes for this person, asked as a page would ask."""
        headers = self.company.session(login)
        get, post = ("GET", None), "POST"
        asked = {
            "/api/v1/collections": get,
            "/api/v1/documents": get,
            "/api/v1/documents?collection=garden": get,
            f"/api/v1/documents/{self.document}": get,
            f"/api/v1/documents/{self.document}/text": get,
            f"/api/v1/documents/{self.document}/file": get,
            "/api/v1/jobs": get,
            f"/api/v1/passages/{self.chunk}": get,
            "/api/v1/answers": get,
            f"/api/v1/answers/{self.answer_id}": get,
            "/v1/models": get,
            "/api/v1/search": (post, {"question": "What is in the garden?", "limit": 50}),
            "/api/v1/answers#json": (post, {"question": "What lives in the garden?"}),
            "/api/v1/answers#off": (post, {"question": "What lives in the garden?", "policy": "off"}),
            "/v1/chat/completions": (post, {"model": "holdfast", **ASKED_BLINDLY}),
            "/v1/chat/completions#stream": (post, {"model": "holdfast", "stream": True, **ASKED_BLINDLY}),
        }
        told = {
            name: self._bytes(method, name.partition("#")[0], body, headers)
            for name, (method, body) in asked.items()
        }
        body = {"question": "What lives in the garden?"}
        told["/api/v1/answers#stream"] = self._bytes("POST", "/api/v1/answers", body, headers | STREAM)
        return told

    def _bytes(self, method: str, path: str, body: object, headers: dict[str, str]) -> bytes:
        reply = self.client.request(method, path, json=body, headers=headers)
        assert reply.status_code < 500, (path, reply.text)
        return str(reply.headers.raw).encode() + reply.content

    def that_tell(self, login: str) -> set[str]:
        """The doors behind which the canary was found."""
        return {name for name, content in self.all(login).items() if CANARY.encode() in content.lower()}


ASKED_BLINDLY = {"messages": [{"role": "user", "content": "What lives in the garden?"}]}


@pytest.fixture
def doors(migrated_sqlite, lock, tmp_path) -> Iterator[Doors]:
    """A garden that gardeners read, with one document about the canary; ann has asked about it already."""
    migrated_sqlite.copy_to(tmp_path)
    settings = Settings(data_dir=tmp_path, secret_key="s" * 32)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    company = Company(resources)
    company.person("ann", "gardeners", "keepers")
    company.person("bob", "gardeners")
    company.person("eve", "passers-by")
    company.person("admin", is_admin=True)
    (chunk,) = company.add("garden", f"{CANARY}.txt", [SECRET], "gardeners")
    company.add("park", "benches.txt", [PLAIN], "gardeners", "passers-by")
    resources.model.pieces = [PLAIN]
    with TestClient(create_app(settings, resources)) as client:
        doors = Doors(client, company, chunk)
        resources.model.pieces = [SECRET]
        reply = client.post("/api/v1/answers", json={"question": QUESTION}, headers=company.session("bob"))
        assert reply.json()["kind"] == "generated"
        doors.answer_id = reply.json()["id"]
        resources.model.pieces = [PLAIN]
        yield doors
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


def narrow(doors: Doors, groups: list[str] | None) -> None:
    address = f"/api/v1/documents/{doors.document}/readers"
    reply = doors.client.put(address, json={"group_ids": groups}, headers=doors.company.session("ann"))
    assert reply.status_code == 200, reply.text


def narrow_to_keepers(doors: Doors) -> None:
    narrow(doors, [doors.company.library.group("keepers")])


def take_bob_out(doors: Doors) -> None:
    doors.company.leave("bob", "gardeners")


def revoke_the_grant(doors: Doors) -> None:
    reply = doors.client.patch(
        f"/api/v1/collections/{doors.collection}",
        json={"reader_group_ids": [doors.company.library.group("keepers")]},
        headers=doors.company.session("admin"),
    )
    assert reply.status_code == 200, reply.text


def delete_the_document(doors: Doors) -> None:
    address = f"/api/v1/documents/{doors.document}"
    assert doors.client.delete(address, headers=doors.company.session("ann")).status_code == 204


CHANGES = [narrow_to_keepers, take_bob_out, revoke_the_grant, delete_the_document]


def test_reader_finds_it_behind_every_door_that_holds_it(doors: Doors):
    found = doors.that_tell("bob")
    assert {"/api/v1/documents", f"/api/v1/documents/{doors.document}/text", "/api/v1/search"} <= found
    assert {f"/api/v1/answers/{doors.answer_id}", "/api/v1/answers", "/api/v1/answers#stream"} <= found


def test_stranger_finds_it_nowhere(doors: Doors):
    assert doors.that_tell("eve") == set()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_taken_away_is_found_nowhere(doors: Doors, change: Callable[[Doors], None]):
    change(doors)
    assert doors.that_tell("bob") == set()


@pytest.mark.parametrize("change", CHANGES[:3], ids=lambda change: change.__name__)
def test_who_may_still_read_it_still_finds_it(doors: Doors, change: Callable[[Doors], None]):
    change(doors)
    assert f"/api/v1/documents/{doors.document}/text" in doors.that_tell("ann")


@pytest.mark.parametrize(
    "change", [narrow_to_keepers, delete_the_document], ids=lambda change: change.__name__
)
def test_counts_do_not_count_what_is_hidden(doors: Doors, change: Callable[[Doors], None]):
    assert count(doors, "bob") == 1
    change(doors)
    assert count(doors, "bob") == 0


def count(doors: Doors, login: str) -> int:
    reply = doors.client.get("/api/v1/collections", headers=doors.company.session(login))
    return int(next(one for one in reply.json()["items"] if one["name"] == "garden")["document_count"])


@pytest.mark.parametrize("stale", ["vector file", "chunk index", "lexical index"])
def test_index_that_still_holds_it_tells_nobody(doors: Doors, stale: str, monkeypatch):
    """The indexes only propose: one whose scope number is old must not be believed."""
    resources = doors.company.resources
    resources.chunk_index.is_down = stale == "lexical index"
    if stale != "vector file":
        monkeypatch.setattr("services.retrieval.dense.is_current", lambda _resources: False)
    monkeypatch.setattr("services.retrieval.follow.catch_up", lambda *_, **__: 0)
    with resources.transactions.write() as session:
        document = session.get_one(Document, doors.document)
        keepers = doors.company.library.group("keepers")
        document.scope = scopes.intern_scope(session, document.collection_id, [keepers])
    assert doors.that_tell("bob") == set()


def test_narrowing_lifted_gives_it_back(doors: Doors):
    narrow_to_keepers(doors)
    narrow(doors, None)
    assert f"/api/v1/answers/{doors.answer_id}" in doors.that_tell("bob")
