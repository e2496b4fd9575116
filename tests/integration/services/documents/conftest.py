"""A company with two collections, and clients of the whole application that speak for its people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.tables.library import Collection
from services.documents import grants, scopes
from services.identity import permissions
from services.resources import Resources
from tests.company import Company
from tests.ground import ingest_text

TEXT = "The office closes at six. Ask the porter for a key."
SCOPES = ("documents:read", "documents:write", "admin")


@dataclass
class Rooms:
    """`handbook` is read by staff and filled by hr; `payroll` is hr's alone."""

    company: Company
    handbook: str
    payroll: str

    def group(self, name: str) -> str:
        return self.company.library.group(name)


@pytest.fixture
def rooms(resources: Resources) -> Rooms:
    """Ada is of staff and hr, Ben of staff, Cy of finance; the administrator is of no group."""
    company = Company(resources)
    company.person("ada", "staff", "hr")
    company.person("ben", "staff")
    company.person("cy", "finance")
    company.person("root", is_admin=True)
    staff, hr = company.library.group("staff"), company.library.group("hr")
    handbook = make_collection(resources, "handbook", [staff], [hr])
    return Rooms(company, handbook, make_collection(resources, "payroll", [], [hr]))


def make_collection(resources: Resources, name: str, readers: list[str], curators: list[str]) -> str:
    with resources.transactions.write() as session:
        collection = Collection(name=name)
        session.add(collection)
        session.flush()
        scopes.intern_scope(session, collection.id, None)
        grants.to_groups(session, collection.id, permissions.READ, readers)
        grants.to_groups(session, collection.id, permissions.CURATE, curators)
        return collection.id


@pytest.fixture
def client(resources: Resources) -> Iterator[TestClient]:
    with TestClient(create_app(resources.settings, resources)) as client:
        yield client


@pytest.fixture
def speak_as(client: TestClient, rooms: Rooms) -> Callable[[str], TestClient]:
    """The client, from now on with that person's API key."""

    def speak(login: str, *scopes: str) -> TestClient:
        client.headers.update(rooms.company.key(login, *(scopes or SCOPES)))
        return client

    return speak


@pytest.fixture
def upload(speak_as: Callable[[str], TestClient]) -> Callable[..., dict]:
    """Ada hands a file in; returns the reply's document and job."""

    def send(
        name: str = "office.txt", collection: str = "handbook", text: str = TEXT, **fields: object
    ) -> dict:
        reply = speak_as("ada").post(
            "/api/v1/documents",
            data={"collection": collection, **fields},
            files={"file": (name, text.encode())},
        )
        assert reply.status_code == 202, reply.text
        return reply.json()

    return send


@pytest.fixture
def publish(upload: Callable[..., dict], resources: Resources) -> Callable[..., dict]:
    """Hands a file in and has it read; returns the document as it was handed in."""

    def make(
        name: str = "office.txt", collection: str = "handbook", text: str = TEXT, **fields: object
    ) -> dict:
        sent = upload(name, collection, text, **fields)
        ingest_text(resources, sent["job"]["id"], text)
        return sent["document"]

    return make
