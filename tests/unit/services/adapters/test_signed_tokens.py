"""Tokens as an attacker would send them: each is refused, and each for a reason of its own."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from services import errors
from services.adapters import signed_tokens

ISSUER, CLIENT, NONCE = "https://login.corp", "holdfast", "n-of-this-sign-in"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
KEY = RSAKey.generate_key(2048, {"kid": "now", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "now"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})
KEYS = signed_tokens.key_set({"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]})
ACCOUNT_KEY = OKPKey.generate_key("Ed25519")
Token = str | Callable[[], str]


def claims(**changed: Any) -> dict[str, Any]:
    at = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "ada",
        "nonce": NONCE,
        "iat": at,
        "exp": at + 300,
    } | changed
    return {name: value for name, value in whole.items() if value is not None}


def signed(body: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    head = {"alg": "RS256", "kid": "now"} | header
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    registry.max_payload_length = 1_000_000
    return jwt.encode({name: at for name, at in head.items() if at}, body, key, registry=registry)


def signed_bytes(payload: bytes) -> str:
    return jws.serialize_compact({"alg": "RS256", "kid": "now"}, payload, KEY)


def part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_secret(secret: bytes) -> str:
    """HS256, made by hand: libraries refuse to take a public key for a secret."""
    text = f"{part({'alg': 'HS256', 'kid': 'now'})}.{part(claims())}"
    return f"{text}.{part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def changed(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{part(claims(sub='admin'))}.{signature}"


def own_key() -> str:
    return signed(claims(), STRANGER, jwk=STRANGER.as_dict(private=False))


def read(token: str, **more: Any) -> dict[str, Any]:
    given = {"issuer": ISSUER, "client_id": CLIENT, "nonce": NONCE} | more
    return signed_tokens.read_id_token(token, KEYS, ALGORITHMS, **given)


PAST, FUTURE = int(time.time()) - 3600, int(time.time()) + 3600
HOSTILE: dict[str, str] = {
    "empty": "",
    "not a token": "x",
    "two parts": signed(claims()).rsplit(".", 1)[0],
    "no signature": signed(claims()).rsplit(".", 1)[0] + ".",
    "algorithm none": f"{part({'alg': 'none'})}.{part(claims())}.",
    "algorithm None": f"{part({'alg': 'None', 'kid': 'now'})}.{part(claims())}.",
    "no algorithm": f"{part({'kid': 'now'})}.{part(claims())}.{part(b'x')}",
    "HS256 with the public key in PEM": with_secret(KEY.as_pem(private=False)),
    "HS256 with the modulus": with_secret(KEY.as_dict(private=False)["n"].encode()),
    "HS256 with the client's id": signed(claims(), OctKey.import_key(CLIENT * 8), alg="HS256"),
    "an algorithm not accepted": signed(claims(), KEY, alg="RS512"),
    "an algorithm of another key": signed(claims(), CURVE, alg="ES256", kid="now"),
    "signed by a stranger of the same kid": signed(claims(), STRANGER),
    "a kid nobody knows": signed(claims(), kid="later"),
    "a key of its own": own_key(),
    "a key at an address of its own": signed(claims(), STRANGER, jku="https://evil.example/keys"),
    "a header that must be understood": signed(claims(), crit=["b64"], b64=True),
    "changed after signing": changed(signed(claims())),
    "claims that are no object": signed_bytes(b"[1]"),
    "claims that are no JSON": signed_bytes(b"{"),
    "another issuer": signed(claims(iss="https://login.evil")),
    "the issuer with a slash": signed(claims(iss=ISSUER + "/")),
    "no issuer": signed(claims(iss=None)),
    "another audience": signed(claims(aud="payroll")),
    "no audience": signed(claims(aud=None)),
    "many audiences and no party": signed(claims(aud=[CLIENT, "payroll"])),
    "another party": signed(claims(aud=[CLIENT, "payroll"], azp="payroll")),
    "another sign-in's nonce": signed(claims(nonce="replayed")),
    "no nonce": signed(claims(nonce=None)),
    "expired": signed(claims(iat=PAST, exp=PAST + 300)),
    "no expiry": signed(claims(exp=None)),
    "an expiry that is a text": signed(claims(exp="never")),
    "an expiry that is no number": signed_bytes(
        json.dumps(claims(exp="NaN")).replace('"NaN"', "NaN").encode()
    ),
    "not valid yet": signed(claims(nbf=FUTURE)),
    "issued in the future": signed(claims(iat=FUTURE, exp=FUTURE + 300)),
    "no time of issue": signed(claims(iat=None)),
    "nobody": signed(claims(sub=None)),
    "an empty subject": signed(claims(sub="")),
    "a subject that is a list": signed(claims(sub=["ada", "admin"])),
    "a subject with a line end": signed(claims(sub="ada\nadmin")),
    "too large": signed(claims(padding="x" * 20_000)),
}


def test_token_of_the_provider_is_read() -> None:
    assert read(signed(claims()))["sub"] == "ada"
    assert read(signed(claims(), CURVE, alg="ES256", kid="curve"))["sub"] == "ada"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_token_is_refused(name: str) -> None:
    with pytest.raises(errors.SignInRefused):
        read(HOSTILE[name])


def test_token_beside_another_access_token_is_refused() -> None:
    token = signed(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"))
    with pytest.raises(errors.SignInRefused, match="invalid_claim"):
        read(token, access_token="stolen")


def logout(**more: Any) -> dict[str, Any]:
    event = {"events": {signed_tokens.LOGOUT_EVENT: {}}, "jti": "0123456789", "sid": "s1"}
    return claims(**({"nonce": None} | event | more))


def read_logout(token: str) -> dict[str, Any]:
    return signed_tokens.read_logout_token(token, KEYS, ALGORITHMS, issuer=ISSUER, client_id=CLIENT)


def test_logout_token_is_read() -> None:
    assert read_logout(signed(logout()))["sid"] == "s1"


@pytest.mark.parametrize(
    "body",
    [
        claims(),
        logout(nonce=NONCE),
        logout(events={"another": {}}),
        logout(events=None),
        logout(jti=None),
        logout(sid=None, sub=None),
        logout(aud="payroll"),
        logout(iss="https://login.evil"),
        logout(iat=PAST, exp=None),
        logout(iat=PAST, exp=PAST + 60),
    ],
)
def test_what_is_no_logout_token_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(errors.SignInRefused):
        read_logout(signed(body))


def assertion(**more: Any) -> dict[str, Any]:
    return claims(**({"iss": "account", "aud": "holdfast", "jti": "0123456789", "nonce": None} | more))


def read_assertion(token: str, key: Any = ACCOUNT_KEY) -> dict[str, Any]:
    public = signed_tokens.public_key(key.as_pem(private=False).decode())
    return signed_tokens.read_assertion(token, public, issuer="account", audience="holdfast")


@pytest.mark.parametrize(
    ("key", "algorithm"), [(ACCOUNT_KEY, "Ed25519"), (ECKey.generate_key("P-256"), "ES256"), (KEY, "RS256")]
)
def test_assertion_of_each_kind_of_key_is_read(key: Any, algorithm: str) -> None:
    assert read_assertion(signed(assertion(), key, alg=algorithm, kid=None), key)["sub"] == "ada"


def test_old_name_of_ed25519_is_understood() -> None:
    head = {"alg": "EdDSA"}
    text = f"{part(head)}.{part(assertion())}"
    signature = ACCOUNT_KEY.private_key.sign(text.encode())
    assert read_assertion(f"{text}.{part(signature)}")["sub"] == "ada"


@pytest.mark.parametrize(
    "body",
    [
        assertion(exp=int(time.time()) + 3600),
        assertion(iat=PAST, exp=PAST + 300),
        assertion(exp=None),
        assertion(iat=None),
        assertion(jti=None),
        assertion(jti="short"),
        assertion(iss="another account"),
        assertion(aud="another place"),
        assertion(sub=None),
        assertion(nbf=FUTURE),
    ],
)
def test_what_is_no_assertion_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(errors.SignInRefused):
        read_assertion(signed(body, ACCOUNT_KEY, alg="Ed25519", kid=None))


def test_assertion_with_another_key_is_refused() -> None:
    with pytest.raises(errors.SignInRefused):
        read_assertion(signed(assertion(), OKPKey.generate_key("Ed25519"), alg="Ed25519", kid=None))


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        KEY.as_pem(private=True).decode(),
        ECKey.generate_key("P-521").as_pem(private=False).decode(),
    ],
)
def test_key_that_is_not_fit_is_refused(pem: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        signed_tokens.public_key(pem)
