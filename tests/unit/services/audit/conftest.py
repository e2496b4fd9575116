"""A trail of three sealed batches, on a database of the test's own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from services import audit
from services.audit import sealing, verifying
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.settings import Audit

SECRET = "k" * 32


@pytest.fixture
def ada(transactions) -> str:
    with transactions.write() as session:
        person = Person(login="ada", name="Ada Lovelace")
        session.add(person)
        session.flush()
        return person.id


@pytest.fixture
def trail(transactions, ada) -> list[int]:
    """The ids of the entries, two in each batch."""
    for number in range(3):
        with transactions.write() as session:
            audit.record(session, ada, "document.text", f"{number:032x}", credential="c" * 32, version="v")
            audit.record(session, ada, "search", "", documents=[f"{number:032x}"], score=0.1)
        with transactions.write() as session:
            sealing.seal(session, SECRET)
    with transactions.read() as session:
        return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


@pytest.fixture
def findings(transactions) -> Callable[..., list[str]]:
    """What verifying finds now."""

    def look(settings: Audit | None = None, head: str = "", secret: str = SECRET) -> list[str]:
        with transactions.read() as session:
            verdict = verifying.verify(session, secret, settings or Audit(), head)
        return [f"{finding.batch}: {finding.what}" for finding in verdict.findings]

    return look
