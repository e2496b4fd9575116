"""The queue on the real parts: bulks, pauses, a broker that forgets, and receipts of what was removed."""

import pytest
from sqlalchemy import select

from services.database.tables.identity import Group, Person
from tests import stack as stacks
from tests.company import Company

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory, lock, models, migrated_sqlite):
    folder = tmp_path_factory.mktemp("stack")
    migrated_sqlite.copy_to(folder)
    one_at_a_time = stacks.QUICK | {"HOLDFAST_INGESTION__TOGETHER": "1"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacks, "QUICK", one_at_a_time)
        with stacks.running_stack(folder, lock, models, "[]") as stack:
            yield stack


@pytest.fixture
def ben(stack):
    """Headers of a colleague of ada's."""
    company = Company(stack)
    with stack.transactions.write() as session:
        staff = session.scalars(select(Group).where(Group.name == "staff")).one()
        person = Person(login="ben", groups=[staff])
        session.add(person)
        session.flush()
        company.people["ben"] = person.id
    return company.key("ben", "documents:write")


def read(stack, path):
    reply = stack.client.get(f"/api/v1{path}")
    assert reply.is_success, reply.text
    return reply.json()


def send(stack, name, text, headers=None, **fields):
    reply = stack.client.post(
        "/api/v1/documents",
        data={"collection": "handbook", **fields},
        files={"file": (name, text.encode())},
        headers=headers or {},
    )
    assert reply.status_code == 202, reply.text
    return reply.json()


def test_a_worker_is_there_to_be_seen(stack):
    shown = stack.until(
        lambda: (queue := read(stack, "/queue"))["is_worked"] and queue, "the worker says that it is there"
    )
    assert shown["workers"] == 1


def test_a_paused_bulk_waits_and_goes_on_though_the_broker_forgot_it(stack):
    bulk = stack.client.post("/api/v1/bulks", json={"title": "Rooms", "expected": 12}).json()["id"]
    assert stack.client.post(f"/api/v1/bulks/{bulk}/pause").json()["paused"]
    for number in range(12):
        send(stack, f"room-{number}.txt", f"Room {number} seats {number} people.", bulk_id=bulk)
    alone = send(stack, "alone.txt", "This one does not wait.")
    assert stack.until_ended(alone["job"]["id"]).state == "done"
    assert read(stack, f"/bulks/{bulk}")["counts"]["paused"] == 12
    stack.flush_broker()
    stack.client.post(f"/api/v1/bulks/{bulk}/resume")
    stack.flush_broker()
    stack.until(lambda: read(stack, f"/bulks/{bulk}")["counts"]["done"] == 12, "the bulk is done")


def test_a_single_upload_is_not_behind_anothers_many(stack, ben):
    bulk = stack.client.post("/api/v1/bulks", json={}).json()["id"]
    stack.client.post(f"/api/v1/bulks/{bulk}/pause")
    text = "\n\n".join(f"Paragraph {number} says what it says {{n}} times." for number in range(60))
    many = [send(stack, f"long-{n}.txt", text.format(n=n), bulk_id=bulk)["job"]["id"] for n in range(12)]
    stack.client.post(f"/api/v1/bulks/{bulk}/resume")
    stack.until(lambda: stack.run(many[0]).started_at, "the first of many has begun")
    single = send(stack, "single.txt", "One page.", ben)["job"]["id"]
    before = len(begun(stack, many))  # however long it took to hand the single one in
    ended = stack.until_ended(single)
    overtook = [moment for moment in begun(stack, many) if moment < ended.started_at][before:]
    assert len(overtook) <= 6
    for job in many:
        stack.until_ended(job)


def begun(stack, jobs):
    """When those that have begun did, in that order."""
    return sorted(moment for job in jobs if (moment := stack.run(job).started_at) is not None)


def test_what_was_removed_is_accounted_for(stack):
    sent = send(stack, "secret.txt", "The vault's code is 4711.")
    assert stack.until_ended(sent["job"]["id"]).state == "done"
    document = sent["document"]["id"]
    stack.client.delete(f"/api/v1/documents/{document}")
    receipt = stack.until(
        lambda: (found := read(stack, f"/documents/{document}/receipt"))["complete_at"] and found,
        "the receipt is complete",
    )
    places = {place["place"]: place for place in receipt["places"]}
    assert set(places) == {"text", "vectors", "files", "lexical", "caches"}
    assert {place["left"] for place in places.values()} == {0}
    assert (places["vectors"]["looked_at"], places["lexical"]["looked_at"]) == (1, 1)
