"""What is kept no longer is emptied by kind, and the chain still holds."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services import audit
from services.audit import retention, sealing
from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.settings import Audit, Settings
from tests.unit.services.audit.conftest import SECRET


@pytest.fixture
def settings(migrated_sqlite, tmp_path):
    """One database will do: nothing here depends on which."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path)


SEARCHES = Audit(keep_days_of={"search": 30, "document": 365})


def test_an_action_goes_before_its_kind_and_that_before_all():
    settings = Audit(keep_days=7, keep_days_of={"document": 30, "document.text": 90})
    days = [retention.kept_days(action, settings) for action in ("document.text", "document.file", "search")]
    assert days == [90, 30, 7]


def test_only_what_is_over_and_sealed_is_emptied(transactions, ada, findings):
    with transactions.write() as session:
        for action in ("search", "document.text", "answer"):
            audit.record(session, ada, action, "s" * 32, documents=["d" * 32])
        session.flush()
        for entry in session.scalars(select(AuditEntry)):
            entry.at = now() - timedelta(days=60)
        assert retention.expire(session, SEARCHES) == 0
        sealing.seal(session, SECRET)
    with transactions.write() as session:
        assert retention.expire(session, SEARCHES) == 1
    with transactions.read() as session:
        first, *others = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert (first.action, first.actor, first.subject, first.detail) == ("search", "", "", {})
    assert [entry.action for entry in others] == ["document.text", "answer", "audit.expire"]
    assert all(entry.detail for entry in others)
    assert findings(SEARCHES) == []


def test_without_retention_nothing_is_emptied(trail, transactions):
    with transactions.write() as session:
        assert retention.expire(session, Audit()) == 0
