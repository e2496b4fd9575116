"""What ends is told once it has ended, signed, to those who may know of it, until a receiver takes it."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services import notices, runs
from services.answers.batches import create as create_batch
from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import ApiKey
from services.database.tables.runs import Bulk, Run
from services.database.tables.webhooks import WebhookDelivery
from services.identity import callers
from services.webhooks import sending, telling

both_databases = pytest.mark.parametrize(
    "settings", ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)], indirect=True
)


def told(received):
    return json.loads(received.body)


def signature(secret, received):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode()
    return "v1," + base64.b64encode(hmac.new(key, head + received.body, hashlib.sha256).digest()).decode()


def test_a_job_that_has_ended_is_told_signed_and_without_a_word_of_it(world):
    webhook = world.ask_for("job.ended")
    sent = world.read()
    assert world.sender.send_due() == 1
    (received,) = world.receiver.received
    assert received.headers["webhook-signature"] == signature(webhook["secret"], received)
    job = sent["job"]["id"]
    assert told(received)["type"] == "job.ended"
    assert told(received)["data"] == {
        "id": job, "href": f"/api/v1/jobs/{job}", "document_id": sent["document"]["id"], "bulk_id": None,
        "error_code": "", "state": "done",
    }  # fmt: skip
    assert b"quokka" not in received.body
    assert b"porter" not in received.body
    (delivery,) = world.deliveries(webhook["id"])
    assert (delivery["id"], delivery["state"]) == (received.headers["webhook-id"], "delivered")
    assert (delivery["status"], delivery["due_at"]) == (204, None)
    assert world.sender.send_due() == 0
    with world.resources.transactions.read() as session:
        entries = session.query(AuditEntry).filter(AuditEntry.action.like("webhook.%")).all()
        assert [one.action for one in entries] == ["webhook.create", "webhook.delivered"]


def test_what_is_not_asked_for_and_what_is_another_s_is_not_told(world):
    world.ask_for("answers.ended")
    world.ask_for("job.ended", headers=world.company.key("ben", "documents:read", "webhooks"))
    world.read()
    assert world.sender.send_due() == 0


def test_a_refused_telling_is_sent_again_under_its_id_after_a_wait(world):
    webhook, world.receiver.status = world.ask_for("job.ended"), 500
    world.read()
    assert world.sender.send_due() == 1
    assert world.sender.send_due() == 0  # not before the wait is over
    (waiting,) = world.deliveries(webhook["id"])
    assert (waiting["state"], waiting["attempts"], waiting["status"]) == ("due", 1, 500)
    assert waiting["due_at"] > waiting["happened_at"]
    world.receiver.status = 200
    world.later()
    assert world.sender.send_due() == 1
    first, second = world.receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert world.deliveries(webhook["id"])[0]["state"] == "delivered"


def test_a_telling_whose_sender_was_killed_is_sent_by_another(world):
    world.ask_for("job.ended")
    world.read()
    (claimed,) = sending._claim(world.resources)  # and nothing more of that process
    assert world.sender.send_due() == 0
    world.later()
    assert world.sender.send_due() == 1
    assert world.receiver.received[0].headers["webhook-id"] == claimed.id


def test_after_the_last_attempt_it_has_failed(world):
    webhook, world.receiver.status = world.ask_for("job.ended"), 500
    world.read()
    with world.resources.transactions.write() as session:
        session.query(WebhookDelivery).update({"attempts": len(sending.WAITS_S)})
    assert world.sender.send_due() == 1
    assert world.deliveries(webhook["id"])[0]["state"] == "failed"
    world.later()
    assert world.sender.send_due() == 0


@both_databases
def test_while_a_receiver_is_away_what_else_it_is_to_be_told_waits_with_it(world):
    world.ask_for("job.ended")
    world.receiver.status = 503
    world.read("one.txt")
    world.read("two.txt")
    assert world.sender.send_due() == 1
    assert world.sender.send_due() == 0
    world.receiver.status = 200
    world.later()
    assert [world.sender.send_due(), world.sender.send_due(), world.sender.send_due()] == [1, 1, 0]
    assert len({one.headers["webhook-id"] for one in world.receiver.received}) == 2


@pytest.mark.parametrize("lost", ["group", "key"])
def test_an_owner_who_may_not_know_of_it_when_it_is_sent_is_told_nothing(world, lost):
    webhook = world.ask_for("job.ended")
    world.read()
    if lost == "group":
        world.company.leave("ada", "staff")
    else:
        with world.resources.transactions.write() as session:
            session.query(ApiKey).update({"revoked_at": now()})
    world.sender.send_due()
    assert world.receiver.received == []
    (delivery,) = world.deliveries(webhook["id"], world.company.session("ada"))
    assert (delivery["state"], delivery["subject"], delivery["outcome"]) == ("withheld", "", "")


def test_a_signed_in_person_s_webhook_outlasts_the_session(world):
    headers = world.company.session("ada")
    world.ask_for("job.ended", headers=headers)
    world.client.delete("/api/v1/session", headers=headers)
    world.read()
    assert world.sender.send_due() == 1
    assert len(world.receiver.received) == 1


@both_databases
def test_a_bulk_is_told_once_when_all_that_was_expected_has_ended(world):
    world.ask_for("bulk.ended")
    bulk = world.client.post(
        "/api/v1/bulks", json={"title": "Folder", "expected": 2}, headers=world.ada
    ).json()["id"]
    world.read("one.txt", bulk_id=bulk)
    assert world.sender.send_due() == 0
    world.read("two.txt", bulk_id=bulk)
    assert [world.sender.send_due(), world.sender.send_due()] == [1, 0]
    (received,) = world.receiver.received
    assert told(received)["data"] == {"id": bulk, "href": f"/api/v1/bulks/{bulk}", "state": "done"}
    with world.resources.transactions.read() as session:
        assert session.get(Bulk, bulk).told_at is not None


def test_a_failed_job_and_an_ended_batch_are_told(world):
    world.ask_for("job.ended", "answers.ended")
    sent = world.hand_in()
    world.client.post(f"/api/v1/jobs/{sent['job']['id']}/cancel", headers=world.ada)
    asker, questions = world.company.caller("ada"), [{"question": "When does it close?"}]
    with world.resources.transactions.write() as session:
        batch = create_batch(session, asker, questions).batch.id
    world.client.delete(f"/api/v1/answer-batches/{batch}", headers=world.ada)
    assert [world.sender.send_due(), world.sender.send_due()] == [1, 1]
    states = {told(one)["type"]: told(one)["data"]["state"] for one in world.receiver.received}
    assert states == {"job.ended": "cancelled", "answers.ended": "cancelled"}
    ids = {told(one)["type"]: told(one)["data"]["id"] for one in world.receiver.received}
    assert ids["answers.ended"] == batch


def test_what_ended_in_a_transaction_that_was_undone_never_did(world):
    world.ask_for("job.ended")
    job = world.hand_in()["job"]["id"]
    with world.resources.transactions.read() as session:  # which is never committed
        assert runs.cancel(session, Run.id == job)
    assert world.sender.send_due() == 0


def test_an_owner_of_whom_nothing_is_known_now_is_told_later(world, monkeypatch):
    webhook = world.ask_for("job.ended")
    world.read()
    known = callers.now_in
    monkeypatch.setattr(callers, "now_in", lambda *given: replace(known(*given), has_expired=True))
    assert world.sender.send_due() == 1
    (delivery,) = world.deliveries(webhook["id"])
    assert (delivery["state"], delivery["error_code"]) == ("due", "claims_expired")
    monkeypatch.setattr(callers, "now_in", known)
    world.later()
    world.sender.send_due()
    assert [one["state"] for one in world.deliveries(webhook["id"])] == ["delivered"]


def test_an_unforeseen_failure_is_noted_as_any_other(world, monkeypatch):
    webhook = world.ask_for("job.ended")
    world.read()

    def break_off(*_given):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(telling, "body", break_off)
    assert world.sender.send_due() == 1
    (delivery,) = world.deliveries(webhook["id"])
    assert (delivery["state"], delivery["error_code"]) == ("due", "internal")


def test_what_was_told_long_ago_is_forgotten(world):
    webhook = world.ask_for("job.ended")
    world.read()
    world.read("second.txt")
    while world.sender.send_due():
        world.later()
    long_ago = now() - notices.KEPT - timedelta(days=1)
    with world.resources.transactions.write() as session:
        oldest = session.query(WebhookDelivery).order_by(WebhookDelivery.happened_at).first()
        oldest.ended_at = long_ago
        session.flush()
        notices.forget_ended(session, 10)
    assert len(world.deliveries(webhook["id"])) == 1
