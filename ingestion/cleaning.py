"""Takes away what nothing needs any more.

Orphaned files, uploads that never arrived, expired upload keys, and what webhooks were told long ago.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ingestion.chores import chore
from services import notices, runs
from services.database import changes, stored_files
from services.database.tables.uploads import UploadKey
from services.resources import Resources

log = logging.getLogger(__name__)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many of each were taken away."""

    files: int
    incoming: int
    keys: int


def clean_up(run_id: str, worker: str, resources: Resources) -> None:
    """Do the cleanup run, if it is to be had."""
    with chore(run_id, worker, resources) as progress:
        if progress is None:
            return
        progress.enter("clean", 1)
        cleaned = take_away(resources)
        log.info("cleaned up", extra={"files": cleaned.files, "incoming": cleaned.incoming})


def take_away(resources: Resources) -> Cleaned:
    """Remove what nothing names and what has lain there for longer than the grace period."""
    before = time.time() - resources.settings.ingestion.orphan_grace_s
    files = sum(_remove_unnamed(batch, before, resources) for batch in _old_files(before, resources))
    with resources.transactions.write() as session:
        keys = _forget_keys(session)
        notices.forget_ended(session, AT_ONCE)
    return Cleaned(files, resources.files.forget_incoming(before), keys)


def _old_files(before: float, resources: Resources) -> Iterator[list[str]]:
    """Digests written before that time, in batches that no living row names at first sight."""
    old = (digest for digest, written_at in resources.files.digests() if written_at < before)
    while batch := list(islice(old, AT_ONCE)):
        with resources.transactions.read() as session:
            named = stored_files.named(session, batch)
        if unnamed := [digest for digest in batch if digest not in named]:
            yield unnamed


def _remove_unnamed(digests: list[str], before: float, resources: Resources) -> int:
    """Look again under the lock that uploads and publishing take, and remove.

    A file taken again meanwhile has a new time, even where its row is not committed yet.
    """
    with resources.transactions.write() as session:
        changes.lock_files(session)
        named = stored_files.named(session, digests)
        orphans = [digest for digest in digests if digest not in named and _is_old(digest, before, resources)]
        for digest in orphans:
            resources.files.delete(digest)
    return len(orphans)


def _is_old(digest: str, before: float, resources: Resources) -> bool:
    written_at = resources.files.written_at(digest)
    return written_at is not None and written_at < before


def _forget_keys(session: Session) -> int:
    expired = delete(UploadKey).where(UploadKey.expires_at <= runs.database_now(session))
    return len(session.scalars(expired.returning(UploadKey.key_digest)).all())
