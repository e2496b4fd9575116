"""Nothing is sent where nobody named the host, wherever an address turns to when it is used."""

import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.database.tables.webhooks import Webhook
from services.outbound import Outbound
from services.settings import Outbound as Named
from services.webhooks import sending
from tests.receiver import receiving

ELSEWHERE = [
    "http://127.0.0.1:1/",
    "http://localhost/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://10.0.0.1/",
    "https://hooks.example.com/",
    "http://100.100.100.200/",
]
NO_ADDRESS = [
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "http://",
    "http:///path",
    "http://ada:secret@127.0.0.1/",
    "http://127.0.0.1:99999999/",
    "http://[::1/",
    "http://bücher.example/",
    "http://a b/",
    "http://127.0.0.1/\r\nHost: other",
    "x" * 3000,
]


def create(world, url):
    wanted = {"url": url, "kinds": ["job.ended"]}
    return world.client.post("/api/v1/webhooks", json=wanted, headers=world.ada)


@pytest.fixture
def webhook(world):
    """Its id; there is something to be told."""
    made = world.ask_for("job.ended")["id"]
    world.client.post(f"/api/v1/webhooks/{made}/test", headers=world.ada)
    return made


def state(world, webhook):
    (delivery,) = world.deliveries(webhook)
    return delivery["state"], delivery["status"], delivery["error_code"]


def test_an_address_nobody_named_is_refused_when_the_webhook_is_made(world):
    for url in ELSEWHERE:
        reply = create(world, url)
        assert (url, reply.status_code, reply.json()["code"]) == (url, 400, "outbound_refused")


def test_what_is_no_address_of_the_web_is_refused(world):
    for url in NO_ADDRESS:
        assert (url, create(world, url).status_code) == (url, 400)


def test_a_host_that_is_named_no_longer_is_not_reached(world, webhook):
    assert world.send_with(Named(webhooks=("hooks.example.com",))) == 1
    assert state(world, webhook) == ("due", None, "outbound_refused")
    assert world.receiver.received == []


def test_a_named_host_that_turns_to_a_private_address_is_not_reached(world, webhook, monkeypatch):
    place = f"hooks.example.com:{world.receiver.port}"
    world.point(webhook, f"http://{place}/hooks")
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"):
        monkeypatch.setattr(Outbound, "look_up", lambda *_, now_at=address: [now_at])
        world.later()
        assert world.send_with(Named(webhooks=(place,))) == 1
        assert state(world, webhook) == ("due", None, "outbound_refused")
    assert world.receiver.received == []


def test_a_redirect_is_a_refusal_and_is_not_followed(world, webhook):
    world.receiver.status, world.receiver.location = 307, f"{world.receiver.url}/elsewhere"
    assert world.sender.send_due() == 1
    assert state(world, webhook) == ("due", 307, "refused_there")
    assert [one.path for one in world.receiver.received] == ["/hooks"]


def test_a_receiver_that_never_replies_is_given_up(world, webhook, monkeypatch):
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)  # it never replies, however long anybody waits
    world.receiver.is_mute = True
    assert world.send_with(world.resources.settings.outbound) == 1
    assert state(world, webhook) == ("due", None, "outside_unavailable")


def test_a_receiver_whose_certificate_nobody_trusts_is_sent_nothing(world, webhook, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with receiving(context) as stranger:
        world.point(webhook, f"https://127.0.0.1:{stranger.port}/hooks")
        assert world.send_with(Named(webhooks=(f"127.0.0.1:{stranger.port}",))) == 1
        assert stranger.received == []
    assert state(world, webhook) == ("due", None, "outside_unavailable")


def self_signed(folder):
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    plain = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "self-signed.pem"
    file.write_bytes(key.private_bytes(*plain) + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def test_drift_is_for_administrators(world):
    wanted = {"url": world.receiver.url, "kinds": ["drift.checked"]}
    reply = world.client.post("/api/v1/webhooks", json=wanted, headers=world.ada)
    assert reply.status_code == 403
    world.ask_for("drift.checked", headers=world.company.session("root"))


def test_the_secret_is_shown_once_and_after_a_rotation_both_sign(world, webhook):
    address = f"/api/v1/webhooks/{webhook}"
    assert "secret" not in world.client.get(address, headers=world.ada).json()
    rotated = world.client.post(f"{address}/rotate", headers=world.ada).json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["old_secret_until"] is not None
    with world.resources.transactions.read() as session:
        row = session.get(Webhook, webhook)
        assert rotated["secret"] not in (row.secret, row.old_secret)
    world.sender.send_due()
    assert len(world.receiver.received[0].headers["webhook-signature"].split()) == 2


def test_a_removed_webhook_is_told_nothing_more(world, webhook):
    assert world.client.delete(f"/api/v1/webhooks/{webhook}", headers=world.ada).status_code == 204
    assert (world.sender.send_due(), world.receiver.received) == (0, [])
    assert world.client.get("/api/v1/webhooks", headers=world.ada).json()["items"] == []
