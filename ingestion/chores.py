"""A run that is about no document: claimed, done under a renewed lease, finished or handed back."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.progress import Progress
from services import errors, runs
from services.resources import Resources


@contextmanager
def chore(run_id: str, worker: str, resources: Resources) -> Iterator[Progress | None]:
    """Its progress while the block does it; None when the run is not to be had."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker=worker, lease_s=limits.lease_s)
    if claim is None:
        yield None
        return
    try:
        with Progress(claim, resources) as progress:
            yield progress
        with resources.transactions.write() as session:
            runs.finish(session, claim)
    except errors.LeaseLost:
        return
    except errors.Unavailable as error:
        with resources.transactions.write() as session:
            runs.hand_back(session, claim, error, retry_after_s=limits.resend_after_s)
