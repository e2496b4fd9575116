"""Passwords: argon2id with the library's current parameters, the same time spent on unknown logins."""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services import errors

MIN_LENGTH = 12
MAX_LENGTH = 1024
# Each check takes 64 MiB and all its cores: unbounded, forty at once would be a cheap way to fell the api.
CHECKS_AT_ONCE = 4
WAIT_S = 5.0

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(CHECKS_AT_ONCE)
_nobodys_hash = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The hash to keep; errors.InvalidRequest where the password is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise errors.InvalidRequest(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    with _Slot():
        return _hasher.hash(_normalised(password))


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; with no hash (no such person) it takes as long and is False."""
    with _Slot():
        try:
            fits = _hasher.verify(password_hash or _nobodys_hash, _normalised(password)[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return fits and bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    # One keyboard sends "ü" as one code point, another as two.
    return unicodedata.normalize("NFKC", password)


class _Slot:
    """One of the places for a password check; errors.TooManyRequests where none gets free in time."""

    def __enter__(self) -> None:
        if not _slots.acquire(timeout=WAIT_S):
            raise errors.TooManyRequests("Too many sign-ins at once", retry_after=5)

    def __exit__(self, *_: object) -> None:
        _slots.release()
