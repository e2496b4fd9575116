"""Jobs as their requester sees them: one by one, as a list, and live."""

import json
from datetime import timedelta

import httpx
import pytest

from services import errors, runs
from services.database.tables.runs import Worker
from services.runs import queue
from tests.ground import ingest_text
from tests.served import serving

TEXT = "The office closes at six. Ask the porter for a key."


@pytest.fixture
def fail(resources):
    """Ends a job as a document that cannot be read does."""

    def end(job_id, max_failures=3):
        with resources.transactions.write() as session:
            claim = runs.claim(session, job_id, worker="w1", lease_s=60.0)
            runs.fail(session, claim, errors.DocumentEncrypted(), max_failures=max_failures)

    return end


def test_a_failed_job_says_why_in_words(upload, fail, speak_as):
    sent = upload()
    fail(sent["job"]["id"])
    job = speak_as("ben").get(f"/api/v1/jobs/{sent['job']['id']}").json()
    assert (job["state"], job["error"]["code"]) == ("failed", "password")
    assert "password" in job["error"]["reason"]
    assert (job["document_id"], job["document_name"]) == (sent["document"]["id"], "office.txt")


def test_a_failed_job_can_be_tried_again(upload, fail, speak_as, resources):
    job_id = upload()["job"]["id"]
    fail(job_id)
    reply = speak_as("ada").post(f"/api/v1/jobs/{job_id}/retry")
    assert (reply.status_code, reply.json()["state"], reply.json()["error"]) == (202, "waiting", None)
    assert [run_id for _task, run_id in resources.queue.sent] == [job_id, job_id]
    ingest_text(resources, job_id, TEXT)
    assert speak_as("ada").get(f"/api/v1/jobs/{job_id}").json()["state"] == "done"


def test_a_job_that_is_not_over_cannot_be_tried_again(upload, speak_as):
    assert speak_as("ada").post(f"/api/v1/jobs/{upload()['job']['id']}/retry").status_code == 409


def test_who_may_only_read_tries_nothing_again(upload, fail, speak_as):
    job_id = upload()["job"]["id"]
    fail(job_id)
    assert speak_as("ben").post(f"/api/v1/jobs/{job_id}/retry").status_code == 403


def test_jobs_are_listed_newest_first_and_by_state(upload, fail, speak_as):
    first, second = upload("a.txt")["job"]["id"], upload("b.txt")["job"]["id"]
    fail(first)
    client = speak_as("ben")
    assert [job["id"] for job in client.get("/api/v1/jobs").json()["items"]] == [second, first]
    failed = client.get("/api/v1/jobs", params={"state": "failed"}).json()["items"]
    assert [job["id"] for job in failed] == [first]


def test_a_list_of_jobs_goes_on_where_its_page_ended(upload, speak_as):
    sent = [upload(f"{name}.txt")["job"]["id"] for name in "abc"]
    client = speak_as("ben")
    first = client.get("/api/v1/jobs", params={"limit": 2}).json()
    second = client.get("/api/v1/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in first["items"] + second["items"]] == sent[::-1]
    assert second["next_cursor"] is None


def events(reply):
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_job_is_told_live_until_it_has_ended(upload, rooms, resources):
    job_id = upload()["job"]["id"]
    headers = rooms.company.key("ben", "documents:read")
    with serving(resources) as address, httpx.Client(trust_env=False, timeout=60) as client:
        url = f"{address}/api/v1/jobs/{job_id}/events"
        with client.stream("GET", url, headers=headers, timeout=60) as reply:
            told = events(reply)
            assert next(told)[1]["state"] == "waiting"
            ingest_text(resources, job_id, TEXT)
            assert [job["state"] for _name, job in told][-1] == "done"


def test_the_stream_of_an_ended_job_is_its_end(publish, speak_as):
    publish()
    client = speak_as("ben")
    job_id = client.get("/api/v1/jobs").json()["items"][0]["id"]
    told = list(events(client.get(f"/api/v1/jobs/{job_id}/events")))
    assert [(name, job["state"]) for name, job in told] == [("job", "done")]


def test_a_reader_who_loses_the_document_is_told_no_more(upload, rooms, speak_as, resources):
    sent = upload()
    headers = rooms.company.key("ben", "documents:read")
    with serving(resources) as address, httpx.Client(trust_env=False, timeout=60) as client:
        url = f"{address}/api/v1/jobs/{sent['job']['id']}/events"
        with client.stream("GET", url, headers=headers, timeout=60) as reply:
            told = events(reply)
            next(told)
            speak_as("ada").delete(f"/api/v1/documents/{sent['document']['id']}")
            assert [(name, data["code"]) for name, data in told] == [("failed", "not_found")]


def test_a_waiting_job_says_its_place_in_the_queue(upload, speak_as):
    jobs = [upload(f"{name}.txt", text=name)["job"] for name in "abc"]
    assert [job["position"] for job in jobs] == [1, 2, 3]
    client = speak_as("ada")
    client.post(f"/api/v1/jobs/{jobs[0]['id']}/pause")
    listed = {job["id"]: job["position"] for job in client.get("/api/v1/jobs").json()["items"]}
    assert [listed[job["id"]] for job in jobs] == [None, 1, 2]
    assert client.get(f"/api/v1/jobs/{jobs[2]['id']}").json()["position"] == 2


def test_a_job_is_paused_resumed_and_cancelled(upload, speak_as, resources):
    job_id = upload()["job"]["id"]
    client = speak_as("ada")

    def act(word):
        reply = client.post(f"/api/v1/jobs/{job_id}/{word}")
        return (reply.json()["state"], reply.json()["paused"]) if reply.is_success else reply.status_code

    assert [act("resume"), act("pause"), act("pause")] == [409, ("waiting", True), 409]
    assert [act("resume"), act("cancel")] == [("waiting", False), ("cancelled", False)]
    assert [act("cancel"), act("pause")] == [409, 409]
    assert act("retry") == ("waiting", False)


def test_a_running_job_that_is_paused_can_be_read_after_all(upload, speak_as, resources):
    job_id = upload()["job"]["id"]
    with resources.transactions.write() as session:
        runs.claim(session, job_id, worker="w1", lease_s=60.0)
    client = speak_as("ada")
    client.post(f"/api/v1/jobs/{job_id}/pause")
    client.post(f"/api/v1/jobs/{job_id}/resume")
    ingest_text(resources, job_id, TEXT)
    assert client.get(f"/api/v1/jobs/{job_id}").json()["state"] == "done"


def test_a_cancelled_new_version_leaves_the_old_one_answering(publish, upload, speak_as):
    document = publish()
    job_id = upload(text="New.")["job"]["id"]
    speak_as("ada").post(f"/api/v1/jobs/{job_id}/cancel")
    shown = speak_as("ben").get(f"/api/v1/documents/{document['id']}").json()
    assert (shown["state"], shown["version"]["number"]) == ("cancelled", 1)


@pytest.mark.parametrize("act", ["pause", "resume", "cancel"])
def test_who_may_only_read_steers_no_job(upload, speak_as, act):
    job_id = upload()["job"]["id"]
    assert speak_as("ben").post(f"/api/v1/jobs/{job_id}/{act}").status_code == 403
    assert speak_as("cy").post(f"/api/v1/jobs/{job_id}/{act}").status_code == 404


def test_a_queue_without_a_worker_shows_as_such(upload, speak_as, resources):
    upload()
    before = speak_as("ben").get("/api/v1/queue").json()
    assert (before["is_worked"], before["workers"], before["jobs"]) == (False, 0, {"waiting": 1})
    with resources.transactions.write() as session:
        queue.say_alive(session, "host:1", [runs.INGEST])
        queue.say_alive(session, "host:2", [runs.INGEST])
        session.get_one(Worker, "host:2").seen_at = runs.database_now(session) - timedelta(minutes=2)
    after = speak_as("ben").get("/api/v1/queue").json()
    assert (after["is_worked"], after["workers"], after["worker_list"]) == (True, 1, None)


def test_administrators_see_the_whole_queue_and_its_workers(upload, speak_as, resources):
    upload(collection="payroll")
    with resources.transactions.write() as session:
        queue.say_alive(session, "host:1", [runs.INGEST])
    shown = speak_as("root").get("/api/v1/queue").json()
    assert (shown["jobs"], shown["everyones"]) == ({}, {"ingest.waiting": 1})
    assert [(worker["name"], worker["is_alive"]) for worker in shown["worker_list"]] == [("host:1", True)]
    assert shown["oldest_waiting_at"] is not None
    others = speak_as("ben").get("/api/v1/queue").json()
    assert (others["jobs"], others["everyones"], others["oldest_waiting_at"]) == ({}, None, None)


def test_a_worker_that_leaves_is_gone_and_one_long_silent_is_forgotten(resources):
    with resources.transactions.write() as session:
        for name in ("host:1", "host:2"):
            queue.say_alive(session, name, [runs.INGEST])
        session.flush()
        session.get_one(Worker, "host:2").seen_at = runs.database_now(session) - timedelta(hours=2)
        queue.leave(session, "host:1")
        queue.say_alive(session, "host:3", [runs.INGEST])
        session.flush()
        assert [worker.name for worker, _alive in queue.workers(session)] == ["host:3"]
