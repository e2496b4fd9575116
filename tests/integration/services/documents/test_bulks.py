"""Many uploads as one object: counted, paused, resumed, cancelled and tried again as one."""

import pytest

from services import errors, runs
from services.database.tables.library import Version
from services.database.tables.runs import Run
from tests.ground import ingest_text


@pytest.fixture
def bulk(speak_as):
    """Ada begins a bulk; returns its id."""
    return speak_as("ada").post("/api/v1/bulks", json={"title": "Folder", "expected": 3}).json()["id"]


@pytest.fixture
def fill(upload, bulk):
    """Ada hands in so many files as parts of it; returns their job ids."""

    def add(count, text="Text"):
        return [
            upload(f"{number}.txt", text=f"{text} {number}.", bulk_id=bulk)["job"]["id"]
            for number in range(count)
        ]

    return add


@pytest.fixture
def ask(speak_as, bulk):
    def call(act="", method="POST", login="ada"):
        reply = speak_as(login).request(method, f"/api/v1/bulks/{bulk}{act}")
        return reply.json() if reply.is_success else reply.status_code

    return call


def counts(shown):
    return {state: count for state, count in shown["counts"].items() if count}


def claim(resources):
    with resources.transactions.write() as session:
        return runs.claim_next(session, runs.INGEST, worker="w1", lease_s=60.0)


def fail(resources, max_failures=3):
    (held,) = claim(resources)
    with resources.transactions.write() as session:
        state = runs.fail(session, held, errors.DocumentCorrupt(), max_failures=max_failures)
        session.get_one(Version, held.subject).state = state
    return held.run_id


def test_a_bulk_counts_what_became_of_its_files(ask, fill, resources):
    fill(3)
    fail(resources)
    claim(resources)
    shown = ask("", "GET")
    assert (shown["title"], shown["expected"], shown["total"]) == ("Folder", 3, 3)
    assert counts(shown) == {"waiting": 1, "running": 1, "failed": 1}


def test_a_file_that_was_there_already_is_counted_as_unchanged(ask, fill):
    fill(2)
    fill(2)
    shown = ask("", "GET")
    assert (shown["total"], counts(shown)) == (2, {"waiting": 2, "unchanged": 2})


def test_a_paused_bulk_holds_back_what_is_there_and_what_comes(ask, fill, upload, bulk, resources):
    fill(2)
    held = claim(resources)
    assert counts(ask("/pause")) == {"paused": 2}
    upload("late.txt", bulk_id=bulk)
    assert counts(ask("", "GET")) == {"paused": 3}
    assert claim(resources) == []
    with resources.transactions.read() as session:
        assert session.get_one(Version, held[0].subject).state == "waiting"
    resources.queue.sent.clear()
    assert counts(ask("/resume")) == {"waiting": 3}
    assert len(resources.queue.sent) == 3


def test_a_cancelled_bulk_ends_and_takes_nothing_more(ask, fill, speak_as, bulk, resources):
    done, *_others = fill(3)
    ingest_text(resources, done, "Text 0.")
    shown = ask("/cancel")
    assert counts(shown) == {"done": 1, "cancelled": 2}
    reply = speak_as("ada").post(
        "/api/v1/documents",
        data={"collection": "handbook", "bulk_id": bulk},
        files={"file": ("late.txt", b"Late.")},
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")


def test_all_that_failed_is_tried_again_and_nothing_else(ask, fill, resources):
    fill(4)
    failed = {fail(resources), fail(resources, max_failures=1)}
    claim(resources)
    assert counts(ask("/retry")) == {"waiting": 3, "running": 1}
    with resources.transactions.read() as session:
        states = {session.get_one(Version, session.get_one(Run, job).subject).state for job in failed}
    assert states == {"waiting"}


@pytest.mark.parametrize("login", ["ben", "cy", "root"])
def test_anothers_bulk_is_not_there(ask, fill, bulk, speak_as, login):
    fill(1)
    acts = [("", "GET"), *((f"/{act}", "POST") for act in ("pause", "resume", "cancel", "retry"))]
    assert {ask(act, method, login) for act, method in acts} == {404}
    assert speak_as(login).get("/api/v1/jobs", params={"bulk_id": bulk}).status_code == 404
    assert speak_as(login).get("/api/v1/bulks").json()["items"] == []


def test_nothing_can_be_added_to_anothers_bulk(bulk, rooms, speak_as):
    rooms.company.person("dee", "hr", "staff")
    reply = speak_as("dee").post(
        "/api/v1/documents",
        data={"collection": "handbook", "bulk_id": bulk},
        files={"file": ("a.txt", b"Text.")},
    )
    assert reply.status_code == 404


def test_what_its_owner_may_not_read_any_more_is_neither_counted_nor_steered(ask, fill, rooms, resources):
    fill(2)
    rooms.company.leave("ada", "hr")
    rooms.company.leave("ada", "staff")
    assert ask("", "GET")["total"] == 0
    ask("/cancel")
    assert len(claim(resources)) == 1


def test_who_may_only_read_by_now_steers_nothing(ask, fill, rooms, resources):
    fill(1)
    rooms.company.leave("ada", "hr")
    assert counts(ask("/pause")) == {"waiting": 1}


def test_jobs_are_listed_by_bulk(fill, upload, bulk, speak_as):
    mine = fill(2)
    upload("alone.txt")
    items = speak_as("ada").get("/api/v1/jobs", params={"bulk_id": bulk}).json()["items"]
    assert sorted(job["id"] for job in items) == sorted(mine)
    assert {job["bulk_id"] for job in items} == {bulk}


def test_bulks_are_listed_newest_first_and_by_pages(speak_as):
    client = speak_as("ada")
    begun = [client.post("/api/v1/bulks", json={"title": str(n)}).json()["id"] for n in range(3)]
    first = client.get("/api/v1/bulks", params={"limit": 2}).json()
    second = client.get("/api/v1/bulks", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + second["items"]] == begun[::-1]
