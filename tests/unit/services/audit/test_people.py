"""People in the trail: one digest each, nobody's once the key is gone."""

from sqlalchemy import select

from services import audit
from services.audit import people
from services.database.tables.audit import AuditEntry


def entries(transactions):
    with transactions.read() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def test_one_person_has_one_digest(transactions, ada):
    for _ in range(2):
        with transactions.write() as session:
            audit.record(session, ada, "search", "")
    first, second = entries(transactions)
    assert first.actor == second.actor != ada


def test_what_is_done_to_a_person_names_the_digest(transactions, ada):
    with transactions.write() as session:
        audit.record(session, ada, "person.changed", ada, changed=["name"])
        audit.record(session, ada, "group.members_changed", "g" * 32, added=[ada], removed=[])
    changed, members = entries(transactions)
    assert changed.subject == changed.actor
    assert members.detail == {"added": [changed.actor], "removed": []}


def test_a_source_that_acts_by_itself_keeps_its_id(transactions):
    with transactions.write() as session:
        audit.record(session, "5" * 32, "document.add", "d" * 32)
    (entry,) = entries(transactions)
    assert entry.actor == "5" * 32


def test_who_is_behind_a_digest_is_gone_with_the_key(transactions, ada):
    with transactions.write() as session:
        audit.record(session, ada, "search", "")
    digest = entries(transactions)[0].actor
    with transactions.write() as session:
        assert people.behind(session, [digest])[digest].login == "ada"
        assert people.forget(session, ada)
    with transactions.write() as session:
        assert people.behind(session, [digest]) == {}
        audit.record(session, ada, "search", "")
    assert entries(transactions)[1].actor != digest


def test_erasing_a_person_deletes_the_key(transactions, ada):
    with transactions.write() as session:
        audit.record(session, ada, "search", "")
        digest = people.known_digest(session, ada)
    with transactions.write() as session:
        session.delete(session.get_one(people.Person, ada))
    with transactions.read() as session:
        assert people.behind(session, [digest]) == {}
    assert entries(transactions)[0].actor == digest
