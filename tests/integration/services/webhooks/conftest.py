"""A company whose administrator named one receiver, and a sender that is asked for rounds by the test."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.session import now
from services.database.tables.library import Collection, CollectionGrant
from services.database.tables.webhooks import Webhook, WebhookDelivery
from services.documents.scopes import intern_scope
from services.resources import Resources
from services.settings import Outbound, Settings
from services.webhooks.sending import Sender
from tests.company import Company
from tests.ground import ingest_text
from tests.parts import PostgresServer
from tests.receiver import Receiver, receiving

TEXT = "The office closes at six. Ask the porter for a key."
NAME = "quokka-in-the-name.txt"


@dataclass
class World:
    """Ada may add to the handbook; `ada` is a key of hers."""

    client: TestClient
    company: Company
    resources: Resources
    receiver: Receiver
    sender: Sender
    ada: dict[str, str]

    def ask_for(self, *kinds: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """A webhook at the receiver, of ada's unless somebody else asks; secret and all."""
        wanted = {"url": self.receiver.url, "kinds": list(kinds)}
        reply = self.client.post("/api/v1/webhooks", json=wanted, headers=headers or self.ada)
        assert reply.status_code == 201, reply.text
        return reply.json()

    def hand_in(self, name: str = NAME, **fields: str) -> dict[str, Any]:
        sent = self.client.post(
            "/api/v1/documents",
            data={"collection": "handbook", **fields},
            files={"file": (name, f"{TEXT} {name}".encode())},
            headers=self.ada,
        )
        assert sent.status_code == 202, sent.text
        return sent.json()

    def read(self, name: str = NAME, **fields: str) -> dict[str, Any]:
        """Hand a file in and have it read."""
        sent = self.hand_in(name, **fields)
        ingest_text(self.resources, sent["job"]["id"], TEXT)
        return sent

    def deliveries(self, webhook: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        found = self.client.get(f"/api/v1/webhooks/{webhook}/deliveries", headers=headers or self.ada)
        assert found.status_code == 200, found.text
        return found.json()["items"]

    def later(self) -> None:
        """Whatever waits is due now."""
        with self.resources.transactions.write() as session:
            session.query(WebhookDelivery).update({"due_at": now()})

    def point(self, webhook: str, url: str) -> None:
        """As if the address had always been this one."""
        with self.resources.transactions.write() as session:
            session.get(Webhook, webhook).url = url

    def send_with(self, named: Outbound) -> int:
        """A round of a sender to whom these hosts are named."""
        settings = self.resources.settings.model_copy(update={"outbound": named})
        sender = Sender(replace(self.resources, settings=settings))
        try:
            return sender.send_due()
        finally:
            sender.close()


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """SQLite, or PostgreSQL where the test asks for it: both only where the SQL is its subject."""
    secret = "s" * 32
    if getattr(request, "param", "sqlite") == "sqlite":
        request.getfixturevalue("migrated_sqlite").copy_to(tmp_path)
        yield Settings(data_dir=tmp_path, secret_key=secret)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("migrated_postgres"))
    yield Settings(data_dir=tmp_path, secret_key=secret, database={"url": url})
    server.drop(url)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def world(resources: Resources, receiver: Receiver) -> Iterator[World]:
    named = Outbound(webhooks=(f"127.0.0.1:{receiver.port}",))
    settings = resources.settings.model_copy(update={"outbound": named})
    with_receiver = replace(resources, settings=settings)
    company = Company(with_receiver)
    company.person("ada", "staff")
    company.person("ben", "staff")
    company.person("root", is_admin=True)
    make_handbook(company)
    ada = company.key("ada", "documents:read", "documents:write", "ask", "webhooks")
    sender = Sender(with_receiver)
    with TestClient(create_app(settings, with_receiver)) as client:
        yield World(client, company, with_receiver, receiver, sender, ada)
    sender.close()


def make_handbook(company: Company) -> None:
    staff = company.library.group("staff")
    with company.resources.transactions.write() as session:
        made = Collection(name="handbook")
        session.add(made)
        session.flush()
        intern_scope(session, made.id, None)
        session.add(CollectionGrant(collection_id=made.id, group_id=staff, access="contribute"))
