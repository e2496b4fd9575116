"""A shared folder, the people around it, and clients of the whole application that speak for them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ingestion import syncing
from services.app import create_app
from services.database.tables.library import CollectionGrant
from services.resources import Resources
from services.settings import Sources
from tests.company import Company
from tests.ground import close_ground, open_ground


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    (folder / "hr").mkdir(parents=True)
    (folder / "office.md").write_text("# Office\n\nIt closes at six.\n")
    (folder / "hr" / "pay.txt").write_text("Grade one.\n")
    (folder / "way-out.md").symlink_to("/etc/passwd")
    return folder


@pytest.fixture
def resources(settings, transactions, lock, share) -> Iterator[Resources]:
    opened = open_ground(
        settings.model_copy(update={"sources": Sources(folders=(share,))}), transactions, lock
    )
    yield opened
    close_ground(opened)


@pytest.fixture
def company(resources: Resources) -> Company:
    """Ada fills the handbook and is of hr, Dan fills it too; Ben reads it; root administers, of no group."""
    company = Company(resources)
    company.person("ada", "clerks", "hr")
    company.person("dan", "clerks")
    company.person("ben", "staff")
    company.person("root", is_admin=True)
    handbook = company.library.collection("handbook", "staff", "hr")
    clerks = company.library.group("clerks")
    with resources.transactions.write() as session:
        session.add(CollectionGrant(collection_id=handbook, group_id=clerks, access="curate"))
    return company


@pytest.fixture
def client(resources: Resources) -> Iterator[TestClient]:
    with TestClient(create_app(resources.settings, resources)) as client:
        yield client


@pytest.fixture
def as_(client: TestClient, company: Company) -> Callable[[str], TestClient]:
    """The client, from now on with that person's key."""

    def speak(login: str) -> TestClient:
        client.headers.update(company.key(login, "documents:read", "documents:write", "admin"))
        return client

    return speak


@pytest.fixture
def work(resources: Resources) -> Callable[[str], None]:
    """Do a run as the worker would."""
    return lambda run_id: syncing.sync(run_id, "w1", resources)
