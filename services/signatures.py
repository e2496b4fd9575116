"""Signed locks: Ed25519 over the release id, kept beside the lock as `NAME.toml.sig`; and signed texts.

The release id is the digest of all the lock says, so to sign it is to sign every file, flag and version
in it. The message carries a prefix of its own, so that a key used for other things signs no lock by accident.
"""

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services import errors, release
from services.release import Lock
from services.settings import Settings

PREFIX = b"holdfast lock "


def read_trusted_lock(settings: Settings) -> Lock:
    """The lock this process shall serve; errors.LockMismatch where a signature is required and not right."""
    lock = release.read_lock(settings.release_lock)
    if settings.release.require_signature:
        if settings.release.public_key is None:
            raise errors.UnsafeSettings("HOLDFAST_RELEASE__PUBLIC_KEY must name the key that signs locks")
        verify(lock, settings.release_lock, settings.release.public_key)
    return lock


def make_key_pair(private: Path, public: Path) -> None:
    """Write a new pair as PEM; the private one only its owner reads. errors.Conflict where one is there."""
    if private.exists() or public.exists():
        raise errors.Conflict(f"{private} or {public} is there already: keys are not overwritten")
    key = Ed25519PrivateKey.generate()
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def signature_file(lock: Path) -> Path:
    return lock.with_name(lock.name + ".sig")


def sign(lock: Path, private: Path) -> Path:
    """Sign what stands in `lock`; returns the signature's file."""
    path = signature_file(lock)
    path.write_bytes(sign_text(PREFIX + release.read_lock(lock).release_id.encode(), private))
    return path


def verify(lock: Lock, path: Path, public: Path) -> None:
    """errors.LockMismatch unless the signature beside `path` is the key's, over this very release."""
    try:
        signature = signature_file(path).read_bytes()
    except FileNotFoundError as error:
        raise errors.LockMismatch(f"{path}: a signature is required, {error.filename} is missing") from error
    except OSError as error:
        raise errors.LockMismatch(f"{path}: its signature cannot be read: {error}") from error
    verify_text(PREFIX + lock.release_id.encode(), signature, public, str(path))


def sign_text(text: bytes, private: Path) -> bytes:
    """The signature as one line; `text` must begin with what no other kind of signed text begins with."""
    return base64.b64encode(_private_key(private).sign(text)) + b"\n"


def verify_text(text: bytes, signature: bytes, public: Path, named: str) -> None:
    """errors.LockMismatch, which calls it `named`, unless the signature is the key's, over these bytes."""
    key = _public_key(public)
    try:
        key.verify(base64.b64decode(signature.strip(), validate=True), text)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise errors.LockMismatch(f"{named}: its signature is not that of {public}") from error


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise errors.InvalidRequest(f"{path}: not a private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise errors.InvalidRequest(f"{path}: locks are signed with Ed25519 keys")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.LockMismatch(f"{path}: not a public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise errors.LockMismatch(f"{path}: locks are signed with Ed25519 keys")
    return key
