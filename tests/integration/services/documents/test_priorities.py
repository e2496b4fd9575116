"""What is urgent comes first, if somebody says so who may."""

import pytest
from sqlalchemy import select

from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Group, Person
from services.documents import grants
from services.identity import permissions


@pytest.fixture(autouse=True)
def contributors(rooms, resources):
    """Ada, of hr, curates the handbook; all of staff, ben among them, may add to it. Hr fills payroll."""
    with resources.transactions.write() as session:
        grants.to_groups(session, rooms.handbook, permissions.CURATE, [rooms.group("hr")])
        grants.to_groups(session, rooms.handbook, permissions.CONTRIBUTE, [rooms.group("staff")])
        grants.to_groups(session, rooms.payroll, permissions.CURATE, [])
        grants.to_groups(session, rooms.payroll, permissions.CONTRIBUTE, [rooms.group("hr")])


@pytest.fixture
def prioritise(speak_as):
    def give(path, priority=10, login="ada"):
        reply = speak_as(login).post(f"/api/v1/{path}/priority", json={"priority": priority})
        return reply.json() if reply.is_success else reply.status_code

    return give


@pytest.fixture
def bulk(speak_as):
    return speak_as("ada").post("/api/v1/bulks", json={}).json()["id"]


def test_a_curator_lets_a_job_come_first(upload, prioritise, resources):
    first, second = (upload(f"{name}.txt", text=name)["job"]["id"] for name in "ab")
    shown = prioritise(f"jobs/{second}")
    assert (shown["priority"], shown["position"]) == (10, 1)
    assert prioritise(f"jobs/{first}", -10)["position"] == 2
    with resources.transactions.read() as session:
        noted = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "job.priority").order_by(AuditEntry.at)
        ).all()
        assert [(one.subject, one.detail["priority"]) for one in noted] == [(second, 10), (first, -10)]


def test_who_only_adds_or_may_not_know_of_it_makes_nothing_urgent(upload, prioritise, speak_as):
    job = upload()["job"]["id"]
    assert [prioritise(f"jobs/{job}", login=login) for login in ("ben", "cy")] == [403, 404]
    bulk = speak_as("ben").post("/api/v1/bulks", json={}).json()["id"]
    assert [prioritise(f"bulks/{bulk}", login=login) for login in ("ben", "ada")] == [403, 404]


def test_an_administrator_who_reads_the_document_may_too(upload, prioritise, rooms, resources):
    job = upload()["job"]["id"]
    assert prioritise(f"jobs/{job}", login="root") == 404
    with resources.transactions.write() as session:
        staff = session.get_one(Group, rooms.group("staff"))
        person = session.get_one(Person, rooms.company.people["root"])
        person.groups.append(staff)
    assert prioritise(f"jobs/{job}", login="root")["priority"] == 10


def test_a_bulk_is_urgent_with_all_that_is_to_come_of_it(upload, prioritise, speak_as, bulk):
    waiting = upload("a.txt", text="A", bulk_id=bulk)["job"]["id"]
    other = upload("b.txt", text="B")["job"]
    assert prioritise(f"bulks/{bulk}", -5)["priority"] == -5
    later = upload("c.txt", text="C", bulk_id=bulk)["job"]
    assert (later["priority"], other["priority"]) == (-5, 0)
    assert speak_as("ada").get(f"/api/v1/jobs/{waiting}").json()["priority"] == -5


def test_a_bulk_is_urgent_only_where_its_owner_is_curator(upload, prioritise, speak_as, bulk):
    theirs = upload("a.txt", "payroll", "A", bulk_id=bulk)["job"]["id"]
    mine = upload("b.txt", text="B", bulk_id=bulk)["job"]["id"]
    prioritise(f"bulks/{bulk}")
    assert upload("c.txt", "payroll", "C", bulk_id=bulk)["job"]["priority"] == 0
    assert prioritise(f"jobs/{theirs}") == 403
    client = speak_as("ada")
    assert [client.get(f"/api/v1/jobs/{job}").json()["priority"] for job in (theirs, mine)] == [0, 10]


def test_what_does_not_wait_is_said(upload, prioritise, speak_as):
    job = upload()["job"]["id"]
    speak_as("ada").post(f"/api/v1/jobs/{job}/cancel")
    assert prioritise(f"jobs/{job}") == 409


@pytest.mark.parametrize("priority", [101, -101, "soon", None])
def test_a_priority_out_of_bounds_is_refused(upload, prioritise, priority):
    assert prioritise(f"jobs/{upload()['job']['id']}", priority) == 400
