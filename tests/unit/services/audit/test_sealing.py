"""Sealing: everything committed, once, in order, and only when it is due."""

from datetime import timedelta

from sqlalchemy import func, select

from ingestion import trail as upkeep_trail
from services import audit
from services.audit import sealing
from services.database.session import now
from services.database.tables.audit import AuditEntry, AuditSeal


def test_upkeep_seals_a_backlog_batch_after_batch(transactions, settings, ada, monkeypatch, findings):
    monkeypatch.setattr(sealing, "AT_ONCE", 3)
    with transactions.write() as session:
        for number in range(7):
            audit.record(session, ada, "search", "", number=number)
    upkeep_trail.look_after(transactions, settings)
    with transactions.read() as session:
        assert list(session.scalars(select(AuditSeal.entries).order_by(AuditSeal.number))) == [3, 3, 1]
        assert (
            session.scalar(select(func.count()).where(AuditEntry.batch.is_(None)).select_from(AuditEntry))
            == 0
        )
    assert findings(secret=settings.secret_key.get_secret_value()) == []


def test_it_is_due_when_something_is_there_and_the_last_seal_is_old(transactions, settings, trail, ada):
    with transactions.write() as session:
        assert not sealing.is_due(session, settings)
        audit.record(session, ada, "search", "")
        session.flush()
        assert not sealing.is_due(session, settings)
        for seal in session.scalars(select(AuditSeal)):
            seal.sealed_at = now() - timedelta(minutes=2)
        session.flush()
        assert sealing.is_due(session, settings)


def test_nothing_to_seal_makes_no_batch(transactions, settings):
    upkeep_trail.look_after(transactions, settings)
    with transactions.read() as session:
        assert session.scalars(select(AuditSeal)).all() == []
