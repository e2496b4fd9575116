"""Signatures in the form of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

Receivers check the time as well, so that what was heard once cannot be said again later. While a secret is
being rotated both sign, separated by a space.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """A fresh 256-bit secret, as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def headers(body: bytes, delivery_id: str, moment: int, keys: Sequence[str]) -> dict[str, str]:
    """What a receiver needs to check the body; `moment` is in seconds since 1970."""
    signed = f"{delivery_id}.{moment}.".encode() + body
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{_signature(signed, key)}" for key in keys),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
