"""Signatures are those of the Standard Webhooks form, under every secret that counts."""

import base64

from services.webhooks import signing


def test_a_signature_is_the_published_example_s():
    """The form's own test vector."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    sent = signing.headers(body, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, [secret])
    assert sent == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_rotated_both_sign():
    old, new = signing.new_secret(), signing.new_secret()
    both = signing.headers(b"{}", "one", 1, [new, old])["webhook-signature"].split()
    alone = [signing.headers(b"{}", "one", 1, [key])["webhook-signature"] for key in (new, old)]
    assert both == alone
    assert alone[0] != alone[1]


def test_a_secret_is_256_random_bits():
    made = {signing.new_secret() for _ in range(3)}
    assert len(made) == 3
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made} == {32}
