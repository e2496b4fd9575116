"""Builds another index generation beside the live one, and compares the two.

`python -m ingestion.generation_build build --lock NEW.toml` runs beside a working installation, in the
environment of the release that NEW names: texts that were cut by the same chunker keep their chunks, others
are read again, and all are embedded by the new embedder. It may be ended and begun again: it goes on.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingestion import chunking, generation_comparison, parsing, publishing, worker_process
from ingestion.arrays import array_bytes
from ingestion.progress import Progress
from services import errors, generations, passages, runs, telemetry
from services.database.tables.generations import GenerationVersion
from services.database.tables.library import Document, Version
from services.passages import Chunk
from services.resources import Resources, open_resources
from services.settings import Settings, load_settings

log = logging.getLogger(__name__)
KIND = "generation"
AT_ONCE = 50


def build(resources: Resources) -> int:
    """Bring the lock's generation up to every visible version; returns how many were made now.

    errors.Conflict where the lock's generation is the live one.
    """
    worker_process.require_versions(resources.lock)
    generation = resources.lock.generation
    with resources.transactions.write() as session:
        generations.note_beside(session, resources.lock)
        runs.cancel_open(session, generation)
        run = runs.request(session, KIND, generation, requested_by=None)
    with resources.transactions.write() as session:
        claim = runs.claim(
            session, run.id, worker=worker_process.name(), lease_s=resources.settings.ingestion.lease_s
        )
    if claim is None:
        raise errors.Conflict("Another build of this generation has just begun")
    with Progress(claim, resources) as progress:
        made = _bring_up(resources, progress)
    with resources.transactions.write() as session:
        generations.finish_building(session, generation)
        runs.finish(session, claim)
    return made


def _bring_up(resources: Resources, progress: Progress) -> int:
    """Make what is missing until nothing is: what is published meanwhile is made, too."""
    generation, made = resources.lock.generation, 0
    while True:
        with resources.transactions.read() as session:
            missing = generations.missing_versions(session, generation)
        if not missing:
            return made
        progress.enter("build", len(missing))
        for done, version_id in enumerate(missing, start=1):
            _make(version_id, resources)
            progress.reach(done)
        made += len(missing)


def _make(version_id: str, resources: Resources) -> None:
    """One version's text, chunks and vectors as this generation has them."""
    with resources.transactions.read() as session:
        version = session.get_one(Version, version_id)
        scope = session.get_one(Document, version.document_id).scope_id
        rows = generations.chunks_of(session, version_id)
    text_digest, page_spans, chunker = version.text_digest or "", version.page_spans, version.chunker
    if chunker != resources.lock.ingestion.chunker:
        read = _read_again(version, resources)
        if read is not None:
            stored, chunks = read
            rows = [publishing.chunk_row(version_id, chunk) for chunk in chunks]
            text_digest = resources.files.save_bytes(stored.text.encode())
            page_spans = [list(span) for span in stored.pages]
            chunker = resources.lock.ingestion.chunker
    vectors = resources.embedder.embed([_embedded_text(row) for row in rows])
    resources.chunk_index.upsert([str(row["id"]) for row in rows], vectors, scope)
    held = GenerationVersion(
        generation=resources.lock.generation,
        version_id=version_id,
        text_digest=text_digest,
        vectors_digest=resources.files.save_bytes(array_bytes(vectors)),
        chunks_digest=resources.files.save_bytes(generations.as_file(rows, chunker, page_spans)),
        chunks=len(rows),
    )
    with resources.transactions.write() as session:
        generations.hold(session, held)


def _read_again(
    version: Version, resources: Resources
) -> tuple[chunking.StoredText, tuple[Chunk, ...]] | None:
    """The version parsed and cut by this build; None keeps its old chunks, its file cannot be read now."""
    limits = parsing.limits_of(resources.settings.ingestion)
    try:
        parsed = parsing.parse_file(resources.files.path(version.file_digest), version.media_type, limits)
    except errors.DocumentUnreadable as error:
        log.warning("old chunks are kept", extra={"version": version.id, "code": error.code})
        return None
    embedder = resources.embedder
    return chunking.chunk_document(parsed, embedder.count_tokens, embedder.max_tokens)


def _embedded_text(row: dict[str, object]) -> str:
    text, prefix = str(row["text"]), str(row["prefix"])
    path = row["heading_path"]
    headings = tuple(map(str, path)) if isinstance(path, list) else ()
    above = " > ".join(passages.headings_above(headings, text))
    return "\n".join(part for part in (above, prefix, text) if part)


@contextmanager
def opened(lock: Path) -> Iterator[Resources]:
    """This installation's parts under another release's lock."""
    with open_resources(_under(load_settings(), lock)) as resources:
        yield resources


def _under(settings: Settings, lock: Path) -> Settings:
    return settings.model_copy(update={"release": settings.release.model_copy(update={"lock": lock})})


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build another index generation, or compare it.")
    parser.add_argument("what", choices=["build", "compare"])
    parser.add_argument("--lock", type=Path, required=True, help="the new release's lock file")
    parser.add_argument("--questions", type=Path, help='JSON lines of {"question": …, "document": …}')
    wanted = parser.parse_args(arguments)
    telemetry.set_up_logging("worker")
    try:
        with opened(wanted.lock) as other:
            if wanted.what == "build":
                _say(json.dumps({"generation": other.lock.generation, "versions": build(other)}))
                return 0
            if wanted.questions is None:
                parser.error("compare needs --questions")
            with open_resources(load_settings()) as live:
                found = generation_comparison.compare(live, other, wanted.questions)
            _say(json.dumps(found, indent=1))
            return 0
    except errors.HoldfastError as error:
        sys.stderr.write(f"holdfast: {error.detail}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
