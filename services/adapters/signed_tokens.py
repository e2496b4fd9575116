"""Tokens that somebody signed with a private key (JWS, RFC 7519): read, checked, and nothing believed before.

The only importer of joserfc, which Authlib stands on; its claims of an ID token are Authlib's.
"""

import time
from collections.abc import Collection, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from services import errors

Claims = dict[str, Any]
Key = RSAKey | ECKey | OKPKey

MAX_BYTES = 16 * 1024
LEEWAY_S = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE_S = 600
ACCOUNT_ALGORITHMS = ("EdDSA", "Ed25519", "RS256", "ES256")
ASSERTION_S = 300
# Header fields by which a token would name its own key, or say how it is to be read.
_UNWANTED = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64"})
_FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_FEWEST_RSA_BITS = 2048


class _Registry(jws.JWSRegistry):
    def get_alg(self, name: str) -> Any:
        # The library warns of the name that most signers still give Ed25519.
        is_old_name = name == "EdDSA" and name in (self.allowed or ())
        return self.algorithms[name] if is_old_name else super().get_alg(name)


def key_set(published: Mapping[str, Any]) -> list[Key]:
    """The public keys of a JWKS that signatures may be checked with."""
    try:
        found = KeySet.import_key_set({"keys": list(published["keys"])})
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise errors.SignInRefused("The provider's keys cannot be read") from error
    return [key for key in found.keys if isinstance(key, Key) and key.get("use") in (None, "sig")]


def public_key(pem: str) -> Key:
    """A public key in PEM (RSA of 2048 bits or more, P-256, Ed25519); errors.InvalidRequest otherwise."""
    if "PRIVATE" in pem:
        raise errors.InvalidRequest("This is a private key: keep it, and register its public half")
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        if _is_fit(key):
            return key
    raise errors.InvalidRequest("The public key must be PEM: Ed25519, P-256, or RSA of 2048 bits or more")


def _is_fit(key: Key) -> bool:
    if isinstance(key, RSAKey):
        return bool(key.raw_value.key_size >= _FEWEST_RSA_BITS)
    return key.curve_name in ("P-256", "Ed25519")


def read_id_token(
    raw: str,
    keys: Collection[Key],
    algorithms: Collection[str],
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    access_token: str = "",
) -> Claims:
    """Claims of an ID token meant for us; `nonce` is None where no sign-in was begun (a renewal)."""
    header, claims = _verified(raw, keys, algorithms)
    options = {"iss": {"value": issuer}, "aud": {"value": client_id}}
    params = {"nonce": nonce, "client_id": client_id, "access_token": access_token or None}
    checked = CodeIDToken(claims, header, options, params)
    try:
        checked.validate(leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError) as error:
        raise errors.SignInRefused(f"The provider's token is refused: {_reason(error)}") from error
    return _with_subject(claims)


def read_logout_token(
    raw: str, keys: Collection[Key], algorithms: Collection[str], *, issuer: str, client_id: str
) -> Claims:
    """Claims of a back-channel logout token: whose session ended at the provider, said just now."""
    _, claims = _verified(raw, keys, algorithms)
    required = {name: {"essential": True} for name in ("iat", "jti")}
    _validate(claims, iss=issuer, aud=client_id, required=required)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise errors.SignInRefused("This is no logout token")
    if "nonce" in claims:
        raise errors.SignInRefused("An ID token is no logout token")
    if time.time() - claims["iat"] > LOGOUT_AGE_S:
        raise errors.SignInRefused("The logout token is too old")
    if not _is_name(claims.get("sub")) and not _is_name(claims.get("sid")):
        raise errors.SignInRefused("The logout token names neither a person nor a session")
    return claims


def read_assertion(raw: str, key: Key, *, issuer: str, audience: str) -> Claims:
    """Claims by which an account says for whom it acts; it lives five minutes at most."""
    header, claims = _verified(raw, [key], ACCOUNT_ALGORITHMS, needs_kid=False)
    required = {name: {"essential": True} for name in ("exp", "iat", "jti", "sub")}
    _validate(claims, iss=issuer, aud=audience, required=required)
    if not 0 < claims["exp"] - claims["iat"] <= ASSERTION_S:
        raise errors.SignInRefused(f"An assertion lives {ASSERTION_S} seconds at most")
    if not _is_name(claims["jti"]) or len(claims["jti"]) < 8:
        raise errors.SignInRefused("An assertion has a jti of 8 to 255 characters, another one each time")
    if header.get("typ") not in (None, "JWT"):
        raise errors.SignInRefused("The assertion is another kind of token")
    return _with_subject(claims)


def _verified(
    raw: str, keys: Collection[Key], algorithms: Collection[str], *, needs_kid: bool = True
) -> tuple[Claims, Claims]:
    """Header and claims of a token whose signature is right."""
    if len(raw) > MAX_BYTES:
        raise errors.SignInRefused("The token is too large")
    try:
        header = dict(jws.extract_compact(raw.encode()).protected)
        key = _key_for(header, keys, algorithms, needs_kid=needs_kid)
        token = jwt.decode(raw, key, registry=_Registry(algorithms=[header["alg"]]))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise errors.SignInRefused(f"The token is refused: {_reason(error)}") from error
    return header, token.claims


def _key_for(header: Claims, keys: Collection[Key], algorithms: Collection[str], *, needs_kid: bool) -> Key:
    algorithm = header.get("alg")
    # The algorithm is the reader's choice: a token that names HS256 would have a public key used as a secret.
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm.startswith(("HS", "none")):
        raise errors.SignInRefused("The token is signed in a way that is not accepted")
    if _UNWANTED & set(header):
        raise errors.SignInRefused("The token brings a key or a rule of its own")
    fitting = [key for key in keys if key.key_type == _FAMILIES.get(algorithm[:2])]
    fitting = [key for key in fitting if key.get("alg") in (None, algorithm)]
    if needs_kid and "kid" in header:
        fitting = [key for key in fitting if key.kid == header["kid"]]
    if len(fitting) != 1:
        raise errors.UnknownKey("The token is signed with a key that is not known")
    return fitting[0]


def _validate(claims: Claims, *, iss: str, aud: str, required: Mapping[str, Any]) -> None:
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": iss},
        "aud": {"essential": True, "value": aud},
        **required,
    }
    try:
        jwt.JWTClaimsRegistry(leeway=LEEWAY_S, **options).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise errors.SignInRefused(f"The token is refused: {_reason(error)}") from error


def _with_subject(claims: Claims) -> Claims:
    if not _is_name(claims.get("sub")):
        raise errors.SignInRefused("The token names nobody")
    return claims


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


def _reason(error: Exception) -> str:
    """The library's short name of what is wrong; its long text may quote the token."""
    return str(getattr(error, "error", None) or type(error).__name__)
