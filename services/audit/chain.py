"""How entries become a chain: an entry's content is digested with its salt, then entries, then batches.

An entry that expired keeps its content's digest, so the chain holds without what was written in it; the salt
goes with the content, so that nobody can find it again by guessing.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from services.database.tables.audit import AuditEntry, AuditSeal

BEFORE_ALL = "0" * 64
"""What stands for the seal before the first one."""


def content_digest(entry: AuditEntry) -> str:
    return _digest([entry.salt, entry.actor, entry.credential, entry.subject, entry.detail])


def root(entries: Iterable[AuditEntry]) -> str:
    """Over what the entries of a batch say, in the order of their ids."""
    said = [[one.id, _moment(one.at), one.action, one.content_digest] for one in entries]
    return _digest(sorted(said, key=lambda row: int(str(row[0]))))


def seal_digest(seal: AuditSeal, before: str) -> str:
    """Over the batch and, through the digest of the seal before, over all batches before it."""
    return _digest([before, seal.number, seal.entries, seal.root, _moment(seal.sealed_at)])


def mark(secret: str, digest: str) -> str:
    """HMAC-SHA-256: who has the database and not the secret key cannot make another chain."""
    return hmac.new(secret.encode(), f"audit\0{digest}".encode(), hashlib.sha256).hexdigest()


def _digest(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
