"""What was sealed and then altered, removed or inserted is found, whatever the database says of it."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from services import audit
from services.audit import chain, exporting, sealing, verifying
from services.database.session import now
from services.database.tables.audit import AuditEntry, AuditSeal
from services.settings import Audit, Settings
from tests.unit.services.audit.conftest import SECRET


@pytest.fixture
def settings(migrated_sqlite, tmp_path):
    """One database will do: nothing here depends on which."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path)


def change(transactions, entry_id, **values):
    with transactions.write() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == entry_id).values(values))


def head_of(transactions):
    with transactions.read() as session:
        return verifying.verify(session, SECRET, Audit()).head


def seal_anew(session, secret):
    """What somebody does who may write to the database and knows how the chain is made."""
    before = chain.BEFORE_ALL
    for seal, entries in verifying.stored_batches(session):
        for entry in entries:
            entry.content_digest = chain.content_digest(entry)
        seal.entries, seal.root = len(entries), chain.root(entries)
        seal.digest = before = chain.seal_digest(seal, before)
        seal.mark = chain.mark(secret, seal.digest)


def test_an_untouched_trail_is_in_order(trail, findings, transactions):
    assert findings() == []
    with transactions.read() as session:
        verdict = verifying.verify(session, SECRET, Audit())
    assert (verdict.batches, verdict.entries, verdict.unsealed) == (3, 6, 0)


def test_an_altered_entry_is_named(trail, findings, transactions):
    change(transactions, trail[2], subject="f" * 32)
    assert findings() == [f"2: entry {trail[2]} was altered"]


def test_an_altered_detail_is_found(trail, findings, transactions):
    change(transactions, trail[3], detail={"documents": []})
    assert findings() == [f"2: entry {trail[3]} was altered"]


def test_an_entry_altered_together_with_its_digest_is_found(trail, findings, transactions):
    with transactions.write() as session:
        entry = session.get_one(AuditEntry, trail[2])
        entry.actor = "f" * 32
        entry.content_digest = chain.content_digest(entry)
    assert findings() == ["2: entries were altered, or exchanged"]


def test_an_altered_time_is_found(trail, findings, transactions):
    change(transactions, trail[0], at=now() - timedelta(minutes=1))
    assert findings() == ["1: entries were altered, or exchanged"]


def test_a_removed_entry_is_found(trail, findings, transactions):
    with transactions.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == trail[1]))
    assert findings() == ["1: 1 entries were removed"]


def test_an_entry_put_into_a_sealed_batch_is_found(trail, findings, transactions):
    with transactions.write() as session:
        entry = AuditEntry(actor="a" * 32, action="search", subject="", batch=2)
        session.add(entry)
        session.flush()
        entry.content_digest = chain.content_digest(entry)
    assert findings() == ["2: 1 entries were inserted"]


def test_an_entry_put_into_a_batch_that_never_was_is_found(trail, findings, transactions):
    with transactions.write() as session:
        session.add(AuditEntry(actor="a" * 32, action="search", subject="", batch=9))
    assert findings() == ["None: 1 entries belong to a batch that has no seal"]


def test_an_entry_dated_back_is_found_once_it_is_sealed(trail, findings, transactions):
    with transactions.write() as session:
        entry = AuditEntry(actor="a" * 32, action="search", subject="", at=now() - timedelta(days=2))
        session.add(entry)
    with transactions.write() as session:
        sealing.seal(session, SECRET)
    (found,) = findings()
    assert found.startswith("4: entry")
    assert found.endswith("it was inserted later")


def test_a_removed_batch_is_found(trail, findings, transactions):
    with transactions.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.batch == 2))
        session.execute(delete(AuditSeal).where(AuditSeal.number == 2))
    assert findings() == [
        "3: a seal before this one was removed",
        "3: the seal was altered, or one before it",
    ]


def test_an_altered_seal_is_found(trail, findings, transactions):
    with transactions.write() as session:
        session.execute(update(AuditSeal).where(AuditSeal.number == 2).values(entries=1))
    assert "2: the seal was altered, or one before it" in findings()


def test_a_whole_chain_made_anew_lacks_the_secret_key(trail, findings, transactions):
    with transactions.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == trail[1]))
        seal_anew(session, "somebody else's")
    assert findings() == [
        f"{number}: the seal was not made with this installation's secret key" for number in (1, 2, 3)
    ]


def test_a_chain_made_anew_with_the_secret_key_lacks_the_head_written_down(trail, findings, transactions):
    head = head_of(transactions)
    with transactions.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == trail[1]))
        seal_anew(session, SECRET)
    assert findings() == []
    assert findings(head=head) == ["None: the head written down before is not in the chain"]


def test_an_end_cut_off_lacks_the_head_written_down(trail, findings, transactions):
    head = head_of(transactions)
    assert findings(head=head) == []
    with transactions.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.batch == 3))
        session.execute(delete(AuditSeal).where(AuditSeal.number == 3))
    assert findings() == []
    assert findings(head=head) == ["None: the head written down before is not in the chain"]


def test_an_emptied_entry_that_should_be_kept_is_found(trail, findings, transactions):
    change(transactions, trail[0], salt="", actor="", subject="", credential="", detail={}, expired_at=now())
    (found,) = findings()
    assert found.startswith(f"1: entry {trail[0]} was emptied")


def test_an_export_is_verified_without_the_database(trail, transactions, ada):
    with transactions.write() as session:
        audit.record(session, ada, "search", "")
    with transactions.read() as session:
        lines = list(exporting.lines(session))
    whole = verifying.verify_batches(exporting.read(lines), SECRET, Audit())
    assert (whole.batches, whole.entries, whole.findings) == (3, 6, [])
    changed = [
        line.replace('"search"', '"document.text"', 1) if number == 2 else line
        for number, line in enumerate(lines)
    ]
    assert verifying.verify_batches(exporting.read(changed), "", Audit()).findings


def test_the_trail_names_no_person(trail, transactions, ada):
    with transactions.read() as session:
        said = "".join(exporting.lines(session))
        assert audit.known_digest(session, ada) in said
    assert ada not in said
    assert "Lovelace" not in said
    with transactions.read() as session:
        assert len(set(session.scalars(select(AuditEntry.salt)))) == len(trail)
