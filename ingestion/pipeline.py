"""How a version becomes findable: read, parse, chunk, embed, index, publish.

Each step is safe to do again: ids are digests of content, files are named by their digests, and only the
worker that holds the run's fence can publish.
"""

import logging
from collections.abc import Sequence

from ingestion import chunking, parsing, publishing
from ingestion.arrays import Vectors, array_bytes
from ingestion.progress import Progress
from ingestion.publishing import Reading, Work
from services import errors, passages, runs
from services.passages import Chunk
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)


def ingest_next(worker: str, resources: Resources) -> None:
    """Do the run whose turn it is, if one waits: a nudge only says that there is work."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claims = runs.claim_next(session, runs.INGEST, worker=worker, lease_s=limits.lease_s)
    for claim in claims:
        _do(claim, resources)


def ingest(run_id: str, worker: str, resources: Resources) -> None:
    """Do this run, if it is to be had. A document's fault ends it; a part's fault hands it back."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker=worker, lease_s=limits.lease_s)
    if claim is None:
        log.info("run is not to be had", extra={"run": run_id})
        return
    _do(claim, resources)


def _do(claim: Claim, resources: Resources) -> None:
    try:
        _attempt(claim, resources)
    except errors.LeaseLost:
        log.warning("run was taken over, paused or cancelled", extra={"run": claim.run_id})


def _attempt(claim: Claim, resources: Resources) -> None:
    try:
        with Progress(claim, resources) as progress:
            _ingest_version(claim, progress, resources)
    except errors.DocumentUnreadable as error:
        publishing.fail(claim, error, resources)
    except errors.Unavailable as error:
        publishing.hand_back(claim, error, resources)


def _ingest_version(claim: Claim, progress: Progress, resources: Resources) -> None:
    work = publishing.start(claim, resources)
    progress.enter("parse", 1)
    original = resources.files.path(work.file_digest)
    if not original.exists():
        raise errors.DocumentUnreadable("The stored file is gone; upload it again")
    parsed = parsing.parse_file(original, work.media_type, parsing.limits_of(resources.settings.ingestion))
    progress.enter("chunk", 1)
    stored, chunks = chunking.chunk_document(
        parsed, resources.embedder.count_tokens, resources.embedder.max_tokens
    )
    text_digest = resources.files.save_bytes(stored.text.encode())
    progress.enter("embed", len(chunks))
    vectors = _embed(chunks, progress, resources)
    vectors_digest = resources.files.save_bytes(array_bytes(vectors))
    progress.enter("index", len(chunks))
    reading = Reading(parsed, stored, chunks, text_digest, vectors_digest)
    publishing.store_chunks(claim, reading, resources)
    _index(work, chunks, vectors, resources)
    progress.enter("publish", 1)
    publishing.publish(claim, work, resources)


def _embed(chunks: Sequence[Chunk], progress: Progress, resources: Resources) -> Vectors:
    """One normalised row per chunk, in chunk order."""
    return resources.embedder.embed([chunk.embedded_text for chunk in chunks], on_done=progress.reach)


def _index(work: Work, chunks: Sequence[Chunk], vectors: Vectors, resources: Resources) -> None:
    """Write the vectors and see every id there; errors.IndexUnavailable when one is missing."""
    ids = [passages.chunk_id(work.version_id, chunk.ordinal, chunk.text) for chunk in chunks]
    resources.chunk_index.upsert(ids, vectors, work.scope)
    if resources.chunk_index.existing(ids) != set(ids):
        raise errors.IndexUnavailable("The chunk index did not keep everything it was given")
